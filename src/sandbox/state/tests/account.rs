//! The furniture of the account, its language, and who else uses it.

use serde_json::{Value, json};

use super::{START_MS, body, create, get, ticket};
use crate::sandbox::settings::{
    CustomField, CustomOption, HeaderSpelling, Locale, UnknownFields, WindowKind,
};
use crate::sandbox::state::{Settings, State};

fn field(id: u64, kind: &str, values: &[&str]) -> CustomField {
    let option = |value: &&str| CustomOption {
        name: value.to_uppercase(),
        value: (*value).to_owned(),
    };
    CustomField {
        id,
        kind: kind.to_owned(),
        title: format!("Field {id}"),
        options: values.iter().map(option).collect(),
        pattern: None,
        rejects: Vec::new(),
    }
}

fn with_fields(unknown_fields: UnknownFields) -> State {
    State::new(Settings {
        custom_fields: vec![
            field(5, "tagger", &["red", "blue"]),
            field(6, "integer", &[]),
            field(7, "date", &[]),
        ],
        unknown_fields,
        ..Settings::default()
    })
}

fn with_values(values: &Value) -> Value {
    json!({"ticket": {"comment": "x", "custom_fields": values}})
}

#[test]
fn an_account_says_which_fields_groups_brands_and_forms_it_has() {
    let mut state = with_fields(UnknownFields::Ignore);
    let (_, fields) = get(&mut state, "/api/v2/ticket_fields.json", START_MS);
    let fields = fields["ticket_fields"].as_array().unwrap();
    assert!(
        fields
            .iter()
            .any(|f| f["type"] == "subject" && f["removable"] == false)
    );
    let custom = fields.iter().find(|f| f["id"] == 5).unwrap();
    assert_eq!(
        (&custom["type"], &custom["removable"]),
        (&json!("tagger"), &json!(true))
    );
    assert_eq!(custom["custom_field_options"][1]["value"], "blue");
    assert_eq!(custom["custom_field_options"][1]["name"], "BLUE");
    let (_, one) = get(&mut state, "/api/v2/ticket_fields/5", START_MS);
    assert_eq!(&one["ticket_field"], custom);
    assert_eq!(get(&mut state, "/api/v2/ticket_fields/4", START_MS).0, 404);
    for (plural, singular) in [
        ("groups", "group"),
        ("brands", "brand"),
        ("ticket_forms", "ticket_form"),
    ] {
        let (_, list) = get(&mut state, &format!("/api/v2/{plural}"), START_MS);
        assert_eq!(
            (&list["count"], &list[plural][0]["default"]),
            (&json!(1), &json!(true))
        );
        let id = &list[plural][0]["id"];
        let (_, one) = get(&mut state, &format!("/api/v2/{plural}/{id}"), START_MS);
        assert_eq!(one[singular], list[plural][0]);
        assert_eq!(
            get(&mut state, &format!("/api/v2/{plural}/4"), START_MS).0,
            404
        );
    }
}

#[test]
fn values_that_a_field_does_not_have_are_refused_and_unknown_fields_are_dropped() {
    let mut state = with_fields(UnknownFields::Ignore);
    let bad = json!([
        {"id": 5, "value": "green"}, {"id": 6, "value": "six"}, {"id": 7, "value": "today"},
    ]);
    let refused = state.handle(&create(None, &with_values(&bad)), START_MS);
    assert_eq!(refused.status, 422);
    let expected = json!({
        "description": "Field 5: green is not valid", "error": "InvalidValue",
        "ticket_field_id": 5, "ticket_field_type": "FieldTagger",
    });
    let base = &body(&refused)["details"]["base"];
    assert_eq!((&base[0], base.as_array().unwrap().len()), (&expected, 3));
    let good = json!([
        {"id": 7, "value": "2020-02-29"}, {"id": 5, "value": "blue"}, {"id": 99, "value": "v"},
    ]);
    let made = state.handle(&create(None, &with_values(&good)), START_MS);
    assert_eq!(made.status, 201);
    let expected = json!([
        {"id": 5, "value": "blue"}, {"id": 6, "value": null}, {"id": 7, "value": "2020-02-29"},
    ]);
    assert_eq!(body(&made)["ticket"]["custom_fields"], expected);
    let mut strict = with_fields(UnknownFields::Reject);
    let refused = strict.handle(&create(None, &with_values(&good)), START_MS);
    assert_eq!(refused.status, 422);
}

#[test]
fn sentences_are_in_the_language_of_the_account_and_codes_are_not() {
    let mut state = State::new(Settings {
        locale: Locale::PtBr,
        ..Settings::default()
    });
    let refused = state.handle(&create(None, &json!({"ticket": {}})), START_MS);
    let details = json!({"base": [
        {"description": "Descrição: não pode ficar em branco", "error": "BlankValue"},
    ]});
    assert_eq!(body(&refused)["details"], details);
}

#[test]
fn single_endpoints_have_limits_of_their_own() {
    for (path, header, settings) in [
        (
            "/api/v2/tickets?external_id=a",
            "zendesk-rate-limit-tickets-index",
            Settings {
                tickets_index_rpm: 2,
                ..Settings::default()
            },
        ),
        (
            "/api/v2/incremental/tickets/cursor?start_time=1",
            "zendesk-rate-limit-incremental-exports",
            Settings {
                incremental_rpm: 2,
                ..Settings::default()
            },
        ),
    ] {
        let mut state = State::new(Settings {
            header_spelling: HeaderSpelling::Old,
            ..settings
        });
        let asked = super::request(crate::sandbox::state::Method::Get, path);
        let first = state.handle(&asked, START_MS);
        assert_eq!(
            first.header(header),
            Some("total=2; remaining=1; resets=60")
        );
        state.handle(&asked, START_MS);
        let third = state.handle(&asked, START_MS + 1_000);
        assert_eq!(
            (third.status, third.header("retry-after")),
            (429, Some("59"))
        );
        let other = state.handle(&create(None, &ticket("a")), START_MS + 1_000);
        assert_eq!((other.status, other.header(header)), (201, None));
    }
}

#[test]
fn other_integrations_use_their_share_of_the_limit() {
    for window in [WindowKind::Sliding, WindowKind::Fixed] {
        let mut state = State::new(Settings {
            rpm: 100,
            window,
            others_share: 0.4,
            others_seed: 11,
            ..Settings::default()
        });
        let start_ms = START_MS.div_euclid(60_000) * 60_000;
        // Twice what the account allows, for ten minutes.
        for n in 0..2_000 {
            let now_ms = start_ms + n * 300;
            state.handle(&create(None, &ticket(&n.to_string())), now_ms);
        }
        let counts = state.stats();
        assert_eq!(counts.tickets + counts.throttled, 2_000);
        assert!(
            counts.others > 0 && counts.throttled_others > 0,
            "{counts:?}"
        );
        let came = counts.others + counts.throttled_others;
        // 400 on average; five standard deviations are 100.
        assert!((300..500).contains(&came), "{counts:?}");
        let minutes = state.minutes();
        assert_eq!(minutes.len(), 10);
        let sum = |at: usize| {
            minutes
                .iter()
                .map(|minute| u64::from(minute[at]))
                .sum::<u64>()
        };
        assert_eq!((sum(0), sum(1)), (counts.tickets, counts.others));
        if window == WindowKind::Fixed {
            assert!(minutes.iter().all(|m| m[0] + m[1] <= 100), "{minutes:?}");
        }
    }
}

#[test]
fn the_remaining_header_tells_what_others_have_left() {
    let mut state = State::new(Settings {
        rpm: 100,
        others_share: 1.0,
        ..Settings::default()
    });
    state.handle(&create(None, &ticket("a")), START_MS);
    let later = state.handle(&create(None, &ticket("b")), START_MS + 30_000);
    let remaining: u64 = later
        .header("x-rate-limit-remaining")
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(remaining, 98 - state.stats().others);
    assert!(state.stats().others > 20, "{:?}", state.stats());
}
