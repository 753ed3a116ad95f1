//! A server, or a proxy for debugging, that repeats the credentials wherever it can: nothing of them
//! is kept, logged or shown, in whatever form they come back.

use serde_json::json;

use super::endings::{ENDINGS, OTHER_ENDINGS, at};
use super::forms::{EMAIL, FORMS, giveaways, percent};
use super::server::{Asked, Reply, Server, Twist, number};
use crate::support::folder::{Folder, Program};
use crate::support::process::Ended;

/// No word of it occurs anywhere else.
const SECRET: &str = "Qz8+vX/p_3g-Ys=66bCd.Rf30";

/// How the program is told who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    ApiToken,
    Bearer,
    Client,
}

const KINDS: [Kind; 3] = [Kind::ApiToken, Kind::Bearer, Kind::Client];

/// A folder in which the program is used, and all that it has said there.
struct Scene {
    folder: Folder,
    server: Server,
    kind: Kind,
    said: Vec<(String, Ended)>,
}

impl Scene {
    fn new(kind: Kind, rows: &str, twist: Twist) -> Self {
        let text = format!("external_id,subject,description\n{rows}");
        let folder = Folder::new().with("rows.csv", text);
        let server = Server::start(twist);
        Self {
            folder,
            server,
            kind,
            said: Vec::new(),
        }
    }

    fn command(&self, arguments: &str) -> Program<'_> {
        let program = self.folder.command(arguments);
        match self.kind {
            Kind::ApiToken => program
                .env("ZENDESK_EMAIL", EMAIL)
                .env("ZENDESK_API_TOKEN", SECRET),
            Kind::Bearer => program.env("ZENDESK_OAUTH_TOKEN", SECRET),
            Kind::Client => program
                .env("ZENDESK_CLIENT_ID", "migration")
                .env("ZENDESK_CLIENT_SECRET", SECRET),
        }
    }

    /// Runs a command that talks to the account.
    fn ask(&mut self, arguments: &str) -> &Ended {
        let url = self.server.url();
        let ended = self
            .command(&format!(
                "{arguments} -c c.sqlite3 --url {url} -vv --log-file log.jsonl"
            ))
            .run();
        self.said.push((arguments.to_owned(), ended));
        &self.said.last().unwrap().1
    }

    /// Lets every other command say what it knows, and looks for secrets in all of it.
    fn holds_no_secret(mut self, place: &str) {
        if self.folder.names().iter().any(|name| name == "c.sqlite3") {
            for arguments in [
                "report -c c.sqlite3 --format html -o report.html",
                "report -c c.sqlite3 --format json",
                "report -c c.sqlite3 --format text",
                "status -c c.sqlite3",
                "export rows.csv -c c.sqlite3 --force",
            ] {
                let ended = self.folder.command(arguments).run();
                self.said.push((arguments.to_owned(), ended));
            }
        }
        let mut texts: Vec<(String, String)> = self
            .said
            .iter()
            .map(|(what, ended)| (what.clone(), ended.stdout.clone() + &ended.stderr))
            .collect();
        for name in self.folder.names() {
            let bytes = std::fs::read(self.folder.path(&name)).unwrap();
            texts.push((name, String::from_utf8_lossy(&bytes).into_owned()));
        }
        let mut secrets = vec![SECRET.to_owned()];
        let tokens = self.server.tokens();
        // Of many tokens the first, which has long ended, and the last.
        secrets.extend(tokens.first().into_iter().chain(tokens.last()).cloned());
        for giveaway in secrets.iter().flat_map(|secret| giveaways(secret)) {
            for (what, text) in &texts {
                assert!(
                    !text.contains(&giveaway),
                    "{place}, {:?}: {what} holds {giveaway}:\n{text}",
                    self.kind
                );
            }
        }
    }
}

/// A JSON text in which `@` stands for secrets in one of the forms.
pub(super) fn repeating(asked: &Asked, form: usize, json: &str) -> String {
    let secrets: Vec<String> = asked
        .secrets()
        .iter()
        .map(|secret| FORMS[form % FORMS.len()](secret))
        .collect();
    json.replace('@', &secrets.join(" or "))
}

/// Replies to the creates of rows, which end no run.
const REFUSALS: [(u16, &str); 8] = [
    (
        422,
        r#"{"error":"RecordInvalid","description":"Authorization: @"}"#,
    ),
    (
        422,
        r#"{"error":"RecordInvalid","description":"No","details":{"@":[{"description":"for @","error":"@"}]}}"#,
    ),
    (422, r#"{"error":"@","description":"No","details":"@"}"#),
    (
        422,
        r#"{"error":"RecordInvalid","description":"No","details":{"external_id":"@","base":["@"]}}"#,
    ),
    (
        400,
        r#"{"errors":[{"code":"@","title":"@","detail":"GET / @"}]}"#,
    ),
    (400, r#"{"error":{"title":"@","message":"@"}}"#),
    (404, r#"{"error":"RecordNotFound","message":"@"}"#),
    (
        413,
        "<html><style>@</style><h1>Too large</h1><pre>authorization: @</pre>",
    ),
];

#[test]
fn a_refused_row_keeps_no_secret_in_whatever_form_it_is_repeated() {
    std::thread::scope(|scope| {
        for kind in KINDS {
            scope.spawn(move || refused_rows(kind));
        }
    });
}

fn refused_rows(kind: Kind) {
    let row = |n| format!("r-{n},S {n},T\n");
    let rows: String = (0..REFUSALS.len() * FORMS.len()).map(row).collect();
    let mut scene = Scene::new(
        kind,
        &rows,
        Box::new(|asked| {
            if !asked.is_create() {
                return None;
            }
            let n = usize::try_from(number(asked.external_id())).unwrap();
            let (status, body) = REFUSALS[n / FORMS.len()];
            // Long enough that the last secrets are cut off at the most that is kept.
            let before = "x".repeat(n * 7 % 480);
            let body = body.replacen('@', &format!("{before} @"), 1);
            let in_header = percent(&asked.secrets().join(" "), true);
            Some(
                Reply::new(status, repeating(asked, n, &body))
                    .with("x-zendesk-request-id", in_header),
            )
        }),
    );
    let ended = scene.ask("run rows.csv --max-errors 1000");
    assert_eq!(ended.status, Some(3), "{ended:?}");
    let rejected = format!("{} rejected", REFUSALS.len() * FORMS.len());
    assert!(ended.stderr.contains(&rejected), "{ended:?}");
    let shown = scene.folder.command("status -c c.sqlite3").run();
    assert!(
        shown.stdout.contains("[secret]"),
        "the server repeats something: {shown:?}"
    );
    scene.holds_no_secret("a refused row");
}

const MAPPING: &str = r#"
[ticket]
external_id = "external_id"
subject = "subject"
comment.body = "description"
custom_fields.7 = { column = "subject", values = { "S 1" = "one" }, otherwise = "one" }
"#;

#[test]
fn whatever_ends_a_run_repeats_no_secret() {
    std::thread::scope(|scope| {
        for kind in KINDS {
            scope.spawn(move || endings(kind));
        }
    });
}

fn endings(kind: Kind) {
    let listed = ENDINGS.map(|(place, command, exit, path, status, body)| {
        let twist: Twist = Box::new(move |asked| at(asked, path, status, body));
        (place, command, exit, twist)
    });
    let others = OTHER_ENDINGS.map(|(place, command, exit, twist)| {
        let twist: Twist = Box::new(twist);
        (place, command, exit, twist)
    });
    for (place, command, exit, twist) in listed.into_iter().chain(others) {
        // Only a client asks for tokens.
        if place.contains("token") && kind != Kind::Client {
            continue;
        }
        let mut scene = Scene::new(kind, "r-1,S 1,T\nr-2,S 2,T\n", twist);
        std::fs::write(scene.folder.path("map.toml"), MAPPING).unwrap();
        let ended = scene.ask(command);
        assert_eq!(ended.status, Some(exit), "{place}, {kind:?}: {ended:?}");
        scene.holds_no_secret(place);
    }
}

#[test]
fn a_verification_keeps_no_secret_of_what_it_reads_back() {
    std::thread::scope(|scope| {
        for kind in KINDS {
            scope.spawn(move || read_back(kind));
        }
    });
}

fn read_back(kind: Kind) {
    const TICKET: &str = r#"{"id":1001,"external_id":"@","subject":"@","requester_id":5,"status":"@",
        "priority":"@","type":"@","created_at":"@","tags":["@"],
        "custom_fields":[{"id":7,"value":"@"},{"id":8,"value":["@",{"@":"@"}]}]}"#;
    let mut scene = Scene::new(
        kind,
        "r-1,S 1,T\n",
        Box::new(|asked| {
            let tickets = format!(r#"{{"tickets":[{TICKET}]}}"#);
            let users = r#"{"users":[{"id":5,"email":"@"}]}"#;
            let refused = r#"{"error":"@","description":"@"}"#;
            at(asked, "/api/v2/tickets/show_many", 200, &tickets)
            .or_else(|| at(asked, "/api/v2/users/show_many", 200, users))
            .or_else(|| at(asked, "/api/v2/search?query=type%3Aticket+external_id%3A%22r-1%22&per_page=100&page", 422, refused))
        }),
    );
    std::fs::write(scene.folder.path("map.toml"), MAPPING).unwrap();
    let ended = scene.ask("run rows.csv -m map.toml");
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let ended = scene.ask("verify rows.csv");
    assert_eq!(ended.status, Some(5), "{ended:?}");
    assert!(ended.stdout.contains("[secret]"), "{ended:?}");
    scene.holds_no_secret("what is read back");
}

/// The text of a row is its owner's, whatever it holds: what is decided does not depend on it.
#[test]
fn an_external_id_that_holds_the_secret_is_still_known_again() {
    for kind in KINDS {
        let rows = format!("{SECRET}-1,S {SECRET},T\n[secret]-2,S 2,T\n");
        let twist = |asked: &Asked| {
            let value = json!(format!("S {SECRET}"));
            let tickets = json!({"tickets": [
                {"id": 1001, "external_id": format!("{SECRET}-1"), "subject": value,
                 "custom_fields": [{"id": 7, "value": value}]},
                {"id": 1002, "external_id": "[secret]-2", "subject": "S 2",
                 "custom_fields": [{"id": 7, "value": "S 2"}]},
            ]});
            let options = [value, json!("S 2")].map(|value| json!({"value": value}));
            let field = json!({"title": SECRET, "active": true, "type": "tagger", "custom_field_options": options});
            let is_about = |path: &str| asked.path.contains(path);
            match () {
                () if is_about("tickets/show_many") => Some(Reply::new(200, tickets.to_string())),
                () if is_about("ticket_fields") => {
                    Some(Reply::new(200, json!({"ticket_field": field}).to_string()))
                }
                () => None,
            }
        };
        let mut scene = Scene::new(kind, &rows, Box::new(twist));
        let mapping = "[ticket]\nexternal_id = \"external_id\"\nsubject = \"subject\"\n\
             comment.body = \"description\"\ncustom_fields.7 = \"subject\"\n";
        std::fs::write(scene.folder.path("map.toml"), mapping).unwrap();
        let ended = scene.ask("run rows.csv -m map.toml");
        assert_eq!(ended.status, Some(0), "{ended:?}");
        let ended = scene.ask("verify rows.csv");
        assert_eq!(ended.status, Some(0), "{ended:?}");
    }
}

#[test]
fn a_ticket_is_not_taken_for_ours_because_of_what_was_cut_out() {
    let mut scene = Scene::new(
        Kind::Bearer,
        "[secret],S 1,T\n",
        Box::new(|asked| {
            let ticket = json!({"ticket": {"id": 7, "external_id": SECRET}});
            asked
                .is_create()
                .then(|| Reply::new(201, ticket.to_string()))
        }),
    );
    let ended = scene.ask("run rows.csv");
    assert_eq!(ended.status, Some(1), "{ended:?}");
    scene.holds_no_secret("another ticket");
}
