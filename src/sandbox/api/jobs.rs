//! Bulk requests: they are queued as jobs, whose progress can be polled.

use serde::Serialize;
use serde_json::{Value, json};

use crate::sandbox::api::draft::Draft;
use crate::sandbox::api::make::{import_origin, make};
use crate::sandbox::api::people::{self, Bulk};
use crate::sandbox::api::render::HOST;
use crate::sandbox::api::tickets::MANY_MAX;
use crate::sandbox::api::{create, errors, page};
use crate::sandbox::dice;
use crate::sandbox::http::{Request, Response};
use crate::sandbox::state::{Change, Job, JobEnd, JobKind, Origin, State};

/// The id of the account, as it appears in job results.
const ACCOUNT_ID: u64 = 900_000;

/// `POST /api/v2/tickets/create_many`.
pub(super) fn create_tickets(state: &mut State, request: &Request, now_ms: i64) -> Response {
    queue_list(state, request, "tickets", JobKind::CreateTickets, now_ms)
}

/// `POST /api/v2/imports/tickets/create_many`, for admins.
pub(super) fn import_tickets(state: &mut State, request: &Request, now_ms: i64) -> Response {
    if state.settings.role != "admin" {
        return errors::forbidden();
    }
    let to_archive = create::wants_archive(request);
    queue_list(
        state,
        request,
        "tickets",
        JobKind::ImportTickets { to_archive },
        now_ms,
    )
}

/// `POST /api/v2/users/create_many` and `create_or_update_many`, which accounts do not allow until
/// they ask for it.
pub(super) fn users(state: &mut State, request: &Request, kind: JobKind, now_ms: i64) -> Response {
    if !state.settings.bulk_users {
        return errors::forbidden();
    }
    queue_list(state, request, "users", kind, now_ms)
}

fn queue_list(
    state: &mut State,
    request: &Request,
    name: &str,
    kind: JobKind,
    now_ms: i64,
) -> Response {
    let Ok(mut body) = serde_json::from_slice::<Value>(&request.body) else {
        return errors::malformed_json();
    };
    let Some(Value::Array(list)) = body.get_mut(name).map(Value::take) else {
        return errors::bad_query("Parameter is missing or is not a list");
    };
    if list.len() > MANY_MAX {
        return errors::too_many_values();
    }
    let items = list.iter().map(Value::to_string).collect();
    queue(state, kind, items, now_ms)
}

/// Queues a job, if there is room for one more.
pub(super) fn queue(state: &mut State, kind: JobKind, items: Vec<String>, now_ms: i64) -> Response {
    let active = state.jobs.active_ids();
    let room = state.settings.jobs_max.saturating_sub(active.len());
    if room == 0 {
        let status = state.settings.too_many_jobs_status;
        let wait_s = state.settings.job_queue_ms.max(1_000) / 1_000;
        let reply = errors::too_many_jobs(status, class(kind), active);
        return if status == 429 {
            reply.with("retry-after", state.retry_after(wait_s, now_ms))
        } else {
            reply
        };
    }
    let job = Job {
        number: state.jobs.next_number(),
        kind,
        total: items.len(),
        items,
        done: 0,
        queued_ms: now_ms,
        next_ms: now_ms
            .saturating_add(state.settings.job_queue_ms)
            .saturating_add(state.settings.job_item_ms),
        results: Vec::new(),
        end: None,
    };
    let response = Response::json(
        200,
        &One {
            job_status: &view(state, &job, now_ms),
        },
    );
    state.apply(Change::Job(job), now_ms);
    let total = state.settings.jobs_max;
    response.with(
        &state.limit_header("inflight-jobs"),
        format!("total={total}; remaining={}; resets=60", room - 1),
    )
}

/// `GET /api/v2/job_statuses/{id}`.
pub(super) fn show(state: &State, id: &str, now_ms: i64) -> Response {
    match state
        .jobs
        .get(id)
        .filter(|job| is_known(state, job, now_ms))
    {
        Some(job) => Response::json(
            200,
            &One {
                job_status: &view(state, job, now_ms),
            },
        ),
        None => errors::record_not_found(),
    }
}

/// `GET /api/v2/job_statuses/show_many?ids=a,b`; unknown ids are left out without a word.
pub(super) fn show_many(state: &State, request: &Request, now_ms: i64) -> Response {
    let Some(ids) = request.parameter("ids") else {
        return errors::bad_query("Parameter ids is missing");
    };
    let ids: Vec<_> = ids.split(',').map(str::trim).collect();
    if ids.len() > MANY_MAX {
        return errors::too_many_values();
    }
    let jobs = ids.into_iter().filter_map(|id| state.jobs.get(id));
    list_of(state, request, jobs, now_ms)
}

/// `GET /api/v2/job_statuses`, the newest first.
pub(super) fn list(state: &State, request: &Request, now_ms: i64) -> Response {
    let jobs: Vec<_> = state.jobs.all().collect();
    list_of(state, request, jobs.into_iter().rev(), now_ms)
}

fn list_of<'a>(
    state: &State,
    request: &Request,
    jobs: impl Iterator<Item = &'a Job>,
    now_ms: i64,
) -> Response {
    let known = jobs.filter(|job| is_known(state, job, now_ms));
    let views: Vec<_> = known.map(|job| view(state, job, now_ms)).collect();
    page::listed(request, "job_statuses", &views)
}

fn is_known(state: &State, job: &Job, now_ms: i64) -> bool {
    now_ms.saturating_sub(job.queued_ms) / 1_000 < state.settings.job_life_s
}

#[derive(Serialize)]
struct One<'a> {
    job_status: &'a View<'a>,
}

#[derive(Serialize)]
struct View<'a> {
    id: String,
    job_type: &'static str,
    url: String,
    total: usize,
    progress: Option<usize>,
    status: &'static str,
    message: Option<String>,
    results: Option<&'a [Value]>,
}

fn view<'a>(state: &State, job: &'a Job, now_ms: i64) -> View<'a> {
    let at = |end_ms: i64| {
        let text = crate::sandbox::dates::iso(end_ms);
        text.replace('T', " ").replace('Z', " +0000")
    };
    let working_from = job.queued_ms.saturating_add(state.settings.job_queue_ms);
    let (status, message) = match job.end {
        Some((JobEnd::Completed, ms)) => ("completed", Some(format!("Completed at {}", at(ms)))),
        Some((JobEnd::Failed, ms)) => ("failed", Some(format!("Failed at {}", at(ms)))),
        Some((JobEnd::Killed, ms)) => ("killed", Some(format!("Killed at {}", at(ms)))),
        None if now_ms < working_from => ("queued", None),
        None => ("working", Some(progress_of(job))),
    };
    let progress = match job.end {
        Some((JobEnd::Failed, _)) => 0,
        _ => job.done,
    };
    let id = job.id();
    View {
        job_type: title(job.kind),
        url: format!("{HOST}/api/v2/job_statuses/{id}.json"),
        id,
        total: job.total,
        progress: (status != "queued").then_some(progress),
        status,
        message,
        // A job that was given up does not say what it had done by then.
        results: matches!(job.end, Some((JobEnd::Completed | JobEnd::Failed, _)))
            .then_some(&job.results),
    }
}

fn progress_of(job: &Job) -> String {
    let doing = match job.kind {
        JobKind::CreateTickets | JobKind::ImportTickets { .. } => "Creating ticket",
        JobKind::DeleteTickets => "Deleting ticket",
        JobKind::CreateUsers | JobKind::CreateOrUpdateUsers => "Creating user",
    };
    format!("{doing} #{}", job.done)
}

/// Only the first of these is on record.
fn title(kind: JobKind) -> &'static str {
    match kind {
        JobKind::CreateTickets => "Bulk Create Ticket",
        JobKind::ImportTickets { .. } => "Bulk Import Ticket",
        JobKind::DeleteTickets => "Bulk Delete Ticket",
        JobKind::CreateUsers | JobKind::CreateOrUpdateUsers => "Bulk Create User",
    }
}

fn class(kind: JobKind) -> &'static str {
    match kind {
        JobKind::CreateTickets => "TicketBulkCreateJob",
        JobKind::ImportTickets { .. } => "TicketBulkImportJob",
        JobKind::DeleteTickets => "TicketBulkDeleteJob",
        JobKind::CreateUsers | JobKind::CreateOrUpdateUsers => "UserBulkCreateJob",
    }
}

/// Lets every job do what it has done by now.
///
/// Items are not done in the order of the request, so ids come out in another order, too.
pub(in crate::sandbox) fn work(state: &mut State, now_ms: i64) {
    while let Some(mut job) = state.jobs.due(now_ms).cloned() {
        let order = dice::shuffled(job.number, job.total);
        while job.end.is_none() && job.next_ms <= now_ms {
            let at_ms = job.next_ms;
            if let Some(index) = order.get(job.done) {
                let item = job.items.get(*index).map_or("null", String::as_str);
                let result = work_at(state, job.kind, *index, item, at_ms);
                job.results.push(result);
                job.done += 1;
            }
            job.next_ms = at_ms.saturating_add(state.settings.job_item_ms);
            job.end = end_of(&job, state.settings.jobs_killed_after).map(|end| (end, at_ms));
        }
        if job.end.is_some() {
            job.items.clear();
            job.results.sort_by_key(|result| result["index"].as_u64());
        }
        state.apply(Change::Job(job), now_ms);
    }
}

fn end_of(job: &Job, killed_after: Option<usize>) -> Option<JobEnd> {
    if killed_after.is_some_and(|most| job.done >= most) {
        return Some(JobEnd::Killed);
    }
    if job.done < job.total {
        return None;
    }
    let is_failure = |result: &Value| result.get("error").is_some();
    if job.total > 0 && job.results.iter().all(is_failure) {
        Some(JobEnd::Failed)
    } else {
        Some(JobEnd::Completed)
    }
}

fn work_at(state: &mut State, kind: JobKind, index: usize, item: &str, now_ms: i64) -> Value {
    let value: Value = serde_json::from_str(item).unwrap_or_default();
    match kind {
        JobKind::CreateTickets => {
            let (source, draft) = Draft::of(&value, Origin::Posted);
            make_one(state, index, source, &draft, Origin::Posted, now_ms)
        }
        JobKind::ImportTickets { to_archive } => {
            let (source, draft) = Draft::of(&value, Origin::Imported);
            let origin = import_origin(&draft, to_archive);
            make_one(state, index, source, &draft, origin, now_ms)
        }
        JobKind::DeleteTickets => delete_one(state, index, value.as_u64(), now_ms),
        JobKind::CreateUsers => people::one_of_many(state, Bulk::Create, &value, now_ms),
        JobKind::CreateOrUpdateUsers => {
            people::one_of_many(state, Bulk::CreateOrUpdate, &value, now_ms)
        }
    }
}

fn make_one(
    state: &mut State,
    index: usize,
    source: Vec<u8>,
    draft: &Draft,
    origin: Origin,
    now_ms: i64,
) -> Value {
    match make(state, source, draft, origin, now_ms) {
        Ok(ticket) => json!({"index": index, "id": ticket.id, "account_id": ACCOUNT_ID}),
        Err(refusal) => {
            let details = refusal.details(state.settings.locale);
            json!({"index": index, "error": "TicketCreateFailed", "details": details})
        }
    }
}

fn delete_one(state: &mut State, index: usize, id: Option<u64>, now_ms: i64) -> Value {
    let Some(id) = id.filter(|id| state.tickets.get(*id).is_some()) else {
        return json!({
            "index": index, "id": id, "error": "TicketDeleteFailed", "details": "Not found",
        });
    };
    let at_ms = now_ms;
    state.apply(Change::Deleted { id, at_ms }, now_ms);
    json!({"index": index, "id": id, "action": "delete", "status": "Deleted", "success": true})
}
