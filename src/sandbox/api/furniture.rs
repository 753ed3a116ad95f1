//! Groups, brands and ticket forms.

use serde::Serialize;
use serde_json::{Value, json};

use crate::sandbox::api::render::HOST;
use crate::sandbox::api::{errors, page};
use crate::sandbox::http::{Request, Response};
use crate::sandbox::settings::Named;
use crate::sandbox::state::State;

/// A kind of furniture.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Groups,
    Brands,
    TicketForms,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Groups, Self::Brands, Self::TicketForms];

    fn of(self, state: &State) -> &[Named] {
        match self {
            Self::Groups => &state.settings.groups,
            Self::Brands => &state.settings.brands,
            Self::TicketForms => &state.settings.ticket_forms,
        }
    }

    fn plural(self) -> &'static str {
        match self {
            Self::Groups => "groups",
            Self::Brands => "brands",
            Self::TicketForms => "ticket_forms",
        }
    }

    fn singular(self) -> &'static str {
        match self {
            Self::Groups => "group",
            Self::Brands => "brand",
            Self::TicketForms => "ticket_form",
        }
    }
}

/// Answers `groups`, `groups/{id}` and so on; none if the path is of something else.
pub(super) fn answer(state: &State, request: &Request, path: &str) -> Option<Response> {
    let (plural, id) = path
        .split_once('/')
        .map_or((path, None), |(p, id)| (p, Some(id)));
    let kind = Kind::ALL.into_iter().find(|kind| kind.plural() == plural)?;
    let list = kind.of(state);
    let Some(id) = id else {
        let views: Vec<_> = list
            .iter()
            .enumerate()
            .map(|(nth, it)| view(kind, nth, it))
            .collect();
        return Some(page::listed(request, kind.plural(), &views));
    };
    let id: u64 = id.parse().ok()?;
    let found = list.iter().enumerate().find(|(_, named)| named.id == id);
    Some(match found {
        Some((nth, named)) => Response::json(200, &One(kind, view(kind, nth, named))),
        None => errors::record_not_found(),
    })
}

struct One(Kind, Value);

impl Serialize for One {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([(self.0.singular(), &self.1)])
    }
}

fn view(kind: Kind, nth: usize, named: &Named) -> Value {
    let Named { id, name } = named;
    let is_first = nth == 0;
    let mut view = json!({
        "url": format!("{HOST}/api/v2/{}/{id}.json", kind.plural()),
        "id": id,
        "name": name,
        "created_at": "2020-01-01T00:00:00Z",
        "updated_at": "2020-01-01T00:00:00Z",
    });
    let more = match kind {
        Kind::Groups => json!({
            "description": "", "default": is_first, "deleted": false, "is_public": true,
        }),
        Kind::Brands => json!({
            "subdomain": "sandbox", "brand_url": HOST, "has_help_center": false,
            "help_center_state": "disabled", "active": true, "default": is_first,
            "is_deleted": false, "logo": null, "ticket_form_ids": [],
            "signature_template": "{{agent.signature}}", "host_mapping": null,
        }),
        Kind::TicketForms => json!({
            "raw_name": name, "display_name": name, "raw_display_name": name,
            "end_user_visible": true, "position": nth, "ticket_field_ids": [], "active": true,
            "default": is_first, "in_all_brands": true, "restricted_brand_ids": [],
            "agent_conditions": [], "end_user_conditions": [],
        }),
    };
    if let (Value::Object(view), Value::Object(more)) = (&mut view, more) {
        view.extend(more);
    }
    view
}
