"""Lets zenpy, a client that knows nothing of this project, work with the sandbox.

    pip install zenpy
    cargo run -- sandbox --listen 127.0.0.1:8787 &
    python tests/clients/zenpy_check.py 8787

It ends with 0 and a line for every check, or with the first thing that zenpy trips over.
"""

import json
import os
import sys
import time
import urllib.request

os.environ["ZENPY_FORCE_SCHEME"] = "http"

from zenpy import Zenpy  # noqa: E402
from zenpy.lib.api_objects import Comment, Ticket, User  # noqa: E402
from zenpy.lib.exception import (  # noqa: E402
    APIException,
    RecordNotFoundException,
    TooManyValuesException,
)

PORT = int(sys.argv[1])
RUN = str(time.time_ns())

client = Zenpy(
    subdomain="127",
    domain=f"0.0.1:{PORT}",
    email="admin@sandbox.example",
    token="any",
    disable_cache=True,
)


def control(path, body):
    request = urllib.request.Request(
        f"http://127.0.0.1:{PORT}/sandbox/{path}", json.dumps(body).encode()
    )
    return json.load(urllib.request.urlopen(request))


def check(what, holds):
    print(("ok    " if holds else "WRONG ") + what)
    if not holds:
        sys.exit(1)


def refused(expected, action):
    """The exception, if it is of just that class."""
    try:
        action()
    except Exception as error:  # noqa: BLE001
        if type(error) is expected:
            return error
        raise
    return None


def finished(job):
    """Asks for a job until it has ended."""
    seen = [job.status]
    for _ in range(200):
        if job.status in ("completed", "failed", "killed"):
            return job, seen
        time.sleep(0.05)
        job = client.job_status(id=job.id)
        seen.append(job.status)
    sys.exit("the job does not end")


def without_limits():
    control("settings", {"rpm": 0, "users_per_s": 0, "user_rpm": 0, "incremental_rpm": 0})


def tickets():
    audit = client.tickets.create(
        Ticket(
            subject="zenpy",
            description="a first ticket",
            external_id=f"zenpy-{RUN}",
            tags=["one", "two"],
            requester=User(name="Ann", email=f"ann-{RUN}@example.com"),
        )
    )
    check("a create gives the ticket and its audit", audit.audit.events is not None)
    made = audit.ticket
    check("the ticket has the external id", made.external_id == f"zenpy-{RUN}")
    check("get finds it", client.tickets(id=made.id).subject == "zenpy")
    check("its requester is a user", client.users(id=made.requester_id).name == "Ann")
    listed = list(client.tickets())
    check("the list has it", made.id in [ticket.id for ticket in listed])
    found = list(client.search(type="ticket", external_id=f"zenpy-{RUN}"))
    check("the search has it", [ticket.id for ticket in found] == [made.id])
    made.status = "solved"
    check("an update changes it", client.tickets.update(made).ticket.status == "solved")
    comments = list(client.tickets.comments(ticket=made.id))
    check("its comment is there", [c.body for c in comments] == ["a first ticket"])
    client.tickets.delete(made)
    gone = refused(RecordNotFoundException, lambda: client.tickets(id=made.id))
    check("a deleted ticket is RecordNotFoundException", gone.response.status_code == 404)
    deleted = [ticket.id for ticket in client.tickets.deleted()]
    check("it is among the deleted tickets", made.id in deleted)


def imports():
    author = client.users.create_or_update(User(name="Bob", email=f"bob-{RUN}@example.com"))
    # zenpy makes a mere date of a datetime.
    past = "2010-12-31T02:46:15+01:00"
    ticket = client.ticket_import.create(
        Ticket(
            subject="of old",
            created_at=past,
            status="closed",
            requester_id=author.id,
            comments=[
                Comment(author_id=author.id, value="help", created_at=past),
                Comment(author_id=author.id, value="thanks", public=False),
            ],
        )
    )
    check("an import is a ticket", ticket.created_at == "2010-12-31T01:46:15Z")
    comments = list(client.tickets.comments(ticket=ticket.id))
    check("it keeps its conversation", [c.body for c in comments] == ["help", "thanks"])
    check("and who wrote it", {c.author_id for c in comments} == {author.id})
    check("and what was private", [c.public for c in comments] == [True, False])


def jobs():
    control("settings", {"job_queue_ms": 200, "job_item_ms": 20})
    batch = [Ticket(subject=f"{n}", description=f"bulk {n}") for n in range(30)]
    batch[7] = Ticket(subject="no comment")
    job, seen = finished(client.tickets.create(batch))
    check("a job is queued, works and completes", set(seen) == {"queued", "working", "completed"})
    # zenpy reads the results away from a completed job of one kind and not of another.
    raw = client.job_status(id=job.id).to_dict()["results"]
    check("it has a result for every ticket", [r["index"] for r in raw] == list(range(30)))
    check("completed is not success", raw[7]["error"] == "TicketCreateFailed")
    made = [result["id"] for result in raw if result.get("id")]
    check("ids are not in the order of the request", made != sorted(made))
    shown = [ticket.subject for ticket in client.tickets(ids=made[:3])]
    check("many can be shown", sorted(shown) == sorted(str(r["index"]) for r in raw[:3]))
    job, _ = finished(client.tickets.delete(list(client.tickets(ids=made))))
    check("many can be deleted", job.status == "completed")


def errors():
    blank = refused(APIException, lambda: client.tickets.create(Ticket(subject="nothing")))
    check("a ticket without a comment is a 422", blank.response.status_code == 422)
    details = blank.response.json()["details"]
    check("the 422 says which field", details["base"][0]["error"] == "BlankValue")
    batch = [Ticket(subject="x", description="x")] * 101
    many = refused(TooManyValuesException, lambda: client.tickets.create(batch))
    check("101 tickets are TooManyValuesException", many.response.status_code == 400)


def limits():
    control("settings", {"rpm": 5})
    started = time.monotonic()
    for n in range(7):
        client.tickets.create(Ticket(subject="paced", description=f"{n}"))
    waited = time.monotonic() - started
    stats = json.load(urllib.request.urlopen(f"http://127.0.0.1:{PORT}/sandbox/stats"))
    check("zenpy was told to wait", stats["throttled"] >= 1)
    check(f"it obeyed retry-after ({waited:.0f} s)", waited >= 55)


without_limits()
tickets()
imports()
jobs()
errors()
limits()
without_limits()
print("zenpy agrees with the sandbox")
