-- wrk posts a ticket of the same size with a fresh key and a fresh external_id each time.
-- The body comes from the file named by BODY; EXTERNAL_ID in it is replaced, and so is CUSTOMER.

local file = assert(io.open(os.getenv("BODY"), "rb"))
local before, between, after = file:read("a"):match("^(.*)EXTERNAL_ID(.*)CUSTOMER(.*)$")
file:close()
assert(before, "the body holds no EXTERNAL_ID and CUSTOMER")

local sent = 0
local headers = {
  ["Content-Type"] = "application/json",
  ["Accept"] = "application/json",
  ["Authorization"] = "Bearer any",
}

function request()
  sent = sent + 1
  local id = string.format("%s%08d", PREFIX, sent)
  headers["Idempotency-Key"] = "9b2f0c4e-5d0a-4c1b-8a3e-" .. string.sub(id, -12)
  local body = before .. id .. between .. "c" .. id .. after
  return wrk.format("POST", "/api/v2/tickets", headers, body)
end

function init(arguments)
  PREFIX = arguments[1]
end
