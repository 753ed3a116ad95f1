//! Users: creating, finding and showing them.

use serde::Serialize;
use serde_json::{Value, json};

use crate::sandbox::api::complaints::Complaint;
use crate::sandbox::api::draft::blank;
use crate::sandbox::api::render::HOST;
use crate::sandbox::api::tickets::{MANY_MAX, ids_of};
use crate::sandbox::api::validate::is_address;
use crate::sandbox::api::{errors, page};
use crate::sandbox::dates::iso;
use crate::sandbox::http::{Request, Response};
use crate::sandbox::state::{Change, State, User};

const ROLES: [&str; 3] = ["end-user", "agent", "admin"];

/// `POST /api/v2/users/create_or_update`: 200 for an existing user, 201 for a new one.
pub(super) fn create_or_update(state: &mut State, request: &Request, now_ms: i64) -> Response {
    let Ok(body) = serde_json::from_slice::<Value>(&request.body) else {
        return errors::malformed_json();
    };
    let wish = Wish::read(&body["user"]);
    if let Some(known) = wish.known(state) {
        let email = known.email.clone().unwrap_or_default();
        let external_id = known.external_id.clone().unwrap_or_default();
        if let Err(wait_s) = state.limits.admit_user(&state.settings, known.id, now_ms) {
            return errors::too_many_updates(&email, &external_id)
                .with("retry-after", state.retry_after(wait_s, now_ms));
        }
    }
    match put(state, wish, now_ms) {
        Ok((user, is_new)) => {
            let response = one(state, &user, if is_new { 201 } else { 200 });
            if is_new {
                response.with("location", user_url(user.id))
            } else {
                response
            }
        }
        Err(complaints) => errors::record_invalid(state.settings.locale, &complaints),
    }
}

/// `POST /api/v2/users`, which refuses an existing user.
pub(super) fn create(state: &mut State, request: &Request, now_ms: i64) -> Response {
    let Ok(body) = serde_json::from_slice::<Value>(&request.body) else {
        return errors::malformed_json();
    };
    let wish = Wish::read(&body["user"]);
    match refuse_known(state, &wish).and_then(|()| put(state, wish, now_ms)) {
        Ok((user, _)) => one(state, &user, 201).with("location", user_url(user.id)),
        Err(complaints) => errors::record_invalid(state.settings.locale, &complaints),
    }
}

/// Refuses to create an existing user.
fn refuse_known(state: &State, wish: &Wish) -> Result<(), Vec<Complaint>> {
    let mut taken = Vec::new();
    let owned = |email: &String| state.users.of_email(email).is_some();
    taken.extend(wish.email.clone().filter(owned).map(Complaint::EmailTaken));
    let owned = |id: &String| state.users.of_external_id(id).is_some();
    let id = wish.external_id.clone().filter(owned);
    taken.extend(id.map(Complaint::ExternalIdTaken));
    if taken.is_empty() { Ok(()) } else { Err(taken) }
}

/// What a bulk request does with an existing user.
#[derive(Clone, Copy)]
pub(super) enum Bulk {
    /// Refuses.
    Create,
    /// Changes what the request names.
    CreateOrUpdate,
}

/// One user of a bulk request. The result names the user by address and external id, not by the
/// place in the request.
pub(super) fn one_of_many(state: &mut State, wanted: Bulk, user: &Value, now_ms: i64) -> Value {
    let wish = Wish::read(user);
    let made = match wanted {
        Bulk::Create => refuse_known(state, &wish).and_then(|()| put(state, wish, now_ms)),
        Bulk::CreateOrUpdate => put(state, wish, now_ms),
    };
    match made {
        Ok((user, is_new)) => json!({
            "id": user.id,
            "external_id": user.external_id,
            "email": user.email,
            "action": if is_new { "create" } else { "update" },
            "status": if is_new { "Created" } else { "Updated" },
            "success": true,
        }),
        Err(complaints) => {
            let locale = state.settings.locale;
            let sentences: Vec<_> = complaints.iter().map(|c| c.description(locale)).collect();
            json!({
                "error": "UserCreateFailed",
                "details": sentences.join(", "),
                "external_id": user["external_id"],
                "email": user["email"],
            })
        }
    }
}

/// Whom a client wants to exist.
struct Wish {
    email: Option<String>,
    external_id: Option<String>,
    name: Option<String>,
    role: Option<String>,
}

impl Wish {
    fn read(user: &Value) -> Self {
        let text = |name: &str| match &user[name] {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        Self {
            email: text("email").map(|email| email.trim().to_lowercase()),
            external_id: text("external_id").filter(|id| !id.is_empty()),
            name: text("name"),
            role: text("role"),
        }
    }

    /// The user who is meant, if there is one: the external id goes before the address.
    fn known<'a>(&self, state: &'a State) -> Option<&'a User> {
        let by_external_id = self.external_id.as_deref();
        by_external_id
            .and_then(|id| state.users.of_external_id(id))
            .or_else(|| state.users.of_email(self.email.as_deref()?))
    }

    fn complaints(&self, known: Option<&User>, state: &State) -> Vec<Complaint> {
        let mut found = Vec::new();
        if let Some(email) = self
            .email
            .clone()
            .filter(|email| !is_address(email) || state.settings.refused_users.contains(email))
        {
            found.push(Complaint::BadEmail(email));
        }
        let is_nameless = self.name.as_deref().is_some_and(blank);
        if is_nameless || (self.name.is_none() && known.is_none()) {
            found.push(Complaint::EmptyName);
        }
        if let Some(value) = self.role.clone().filter(|r| !ROLES.contains(&r.as_str())) {
            found.push(Complaint::NotAllowed {
                field: "role",
                value,
            });
        }
        let owner = self.email.as_deref().and_then(|e| state.users.of_email(e));
        if let (Some(known), Some(owner)) = (known, owner)
            && known.id != owner.id
        {
            let email = self.email.clone().unwrap_or_default();
            found.push(Complaint::EmailTaken(email));
        }
        found
    }
}

fn put(state: &mut State, wish: Wish, now_ms: i64) -> Result<(User, bool), Vec<Complaint>> {
    let known = wish.known(state);
    let complaints = wish.complaints(known, state);
    if !complaints.is_empty() {
        return Err(complaints);
    }
    let is_new = known.is_none();
    let mut user = known.cloned().unwrap_or_else(|| User {
        id: state.users.next_id(),
        email: None,
        name: String::new(),
        external_id: None,
        role: "end-user".to_owned(),
        made_ms: now_ms,
        updated_ms: now_ms,
    });
    user.updated_ms = now_ms;
    // A second address becomes an identity beside the first, which stays.
    user.email = user.email.or(wish.email);
    user.external_id = wish.external_id.or(user.external_id);
    user.name = wish.name.unwrap_or(user.name);
    user.role = wish.role.unwrap_or(user.role);
    state.apply(Change::User(user.clone()), now_ms);
    Ok((user, is_new))
}

/// `GET /api/v2/users/{id}`.
pub(super) fn show(state: &State, id: u64) -> Response {
    match state.users.get(id) {
        Some(user) => one(state, user, 200),
        None => errors::record_not_found(),
    }
}

/// `GET /api/v2/users`.
pub(super) fn list(state: &State, request: &Request) -> Response {
    some(state, request, state.users.all().iter())
}

/// `GET /api/v2/users/show_many`, by `ids` or by `external_ids`.
pub(super) fn show_many(state: &State, request: &Request) -> Response {
    if let Some(ids) = request.parameter("ids") {
        let ids = ids_of(ids);
        if ids.len() > MANY_MAX {
            return errors::too_many_values();
        }
        return some(
            state,
            request,
            ids.iter().filter_map(|id| state.users.get(*id)),
        );
    }
    let Some(ids) = request.parameter("external_ids") else {
        return errors::bad_query("Parameter ids is missing");
    };
    let ids: Vec<_> = ids.split(',').map(str::trim).collect();
    if ids.len() > MANY_MAX {
        return errors::too_many_values();
    }
    let users = ids.iter().filter_map(|id| state.users.of_external_id(id));
    some(state, request, users)
}

/// `GET /api/v2/users/search`, by `external_id` or by a `query` with an address. The latter is as far
/// behind as the search for tickets.
pub(super) fn search(state: &State, request: &Request, now_ms: i64) -> Response {
    if let Some(external_id) = request.parameter("external_id") {
        return some(
            state,
            request,
            state.users.of_external_id(external_id).into_iter(),
        );
    }
    let Some(query) = request.parameter("query") else {
        return errors::bad_query("Parameter query is missing");
    };
    let words = query.split_whitespace().map(|word| {
        let word = word.strip_prefix("email:").unwrap_or(word);
        word.trim_matches('"').to_lowercase()
    });
    let emails: Vec<_> = words.filter(|word| word.contains('@')).collect();
    let lag_ms = state.settings.search_lag_ms;
    let users = emails
        .iter()
        .filter_map(|email| state.users.of_email(email))
        .filter(|user| now_ms.saturating_sub(user.made_ms) >= lag_ms);
    some(state, request, users)
}

fn some<'a>(state: &State, request: &Request, users: impl Iterator<Item = &'a User>) -> Response {
    let views: Vec<_> = users.map(|user| view(state, user)).collect();
    page::listed(request, "users", &views)
}

fn one(state: &State, user: &User, status: u16) -> Response {
    #[derive(Serialize)]
    struct Body<'a> {
        user: View<'a>,
    }
    let user = view(state, user);
    Response::json(status, &Body { user })
}

fn user_url(id: u64) -> String {
    format!("{HOST}/api/v2/users/{id}.json")
}

#[derive(Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "these are the service's own")]
struct View<'a> {
    id: u64,
    url: String,
    name: &'a str,
    email: Option<&'a str>,
    created_at: String,
    updated_at: String,
    time_zone: &'static str,
    iana_time_zone: &'static str,
    phone: Option<&'a str>,
    shared_phone_number: Option<bool>,
    photo: Option<&'a str>,
    locale_id: u32,
    locale: &'static str,
    organization_id: Option<u64>,
    role: &'a str,
    verified: bool,
    external_id: Option<&'a str>,
    tags: [&'a str; 0],
    alias: Option<&'a str>,
    active: bool,
    shared: bool,
    shared_agent: bool,
    last_login_at: Option<&'a str>,
    two_factor_auth_enabled: Option<bool>,
    signature: Option<&'a str>,
    details: Option<&'a str>,
    notes: Option<&'a str>,
    role_type: Option<u32>,
    custom_role_id: Option<u64>,
    moderator: bool,
    ticket_restriction: Option<&'static str>,
    only_private_comments: bool,
    restricted_agent: bool,
    suspended: bool,
    default_group_id: Option<u64>,
    report_csv: bool,
    user_fields: Empty,
}

#[derive(Serialize)]
struct Empty {}

fn view<'a>(state: &State, user: &'a User) -> View<'a> {
    let email = user.email.as_deref();
    let is_end_user = user.role == "end-user";
    View {
        id: user.id,
        url: user_url(user.id),
        name: &user.name,
        email,
        created_at: iso(user.made_ms),
        updated_at: iso(user.updated_ms),
        time_zone: "UTC",
        iana_time_zone: "Etc/UTC",
        phone: None,
        shared_phone_number: None,
        photo: None,
        locale_id: 1,
        locale: "en-US",
        organization_id: None,
        role: &user.role,
        verified: !is_end_user,
        external_id: user.external_id.as_deref(),
        tags: [],
        alias: None,
        active: true,
        shared: false,
        shared_agent: false,
        last_login_at: None,
        two_factor_auth_enabled: None,
        signature: None,
        details: None,
        notes: None,
        role_type: None,
        custom_role_id: None,
        moderator: !is_end_user,
        ticket_restriction: is_end_user.then_some("requested"),
        only_private_comments: false,
        restricted_agent: is_end_user,
        suspended: email.is_some_and(|email| state.settings.suspends(email)),
        default_group_id: None,
        report_csv: false,
        user_fields: Empty {},
    }
}
