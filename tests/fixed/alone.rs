//! `error.csv`, run by its name alone: the file beside it says with which checkpoint, in which account
//! and how.

use crate::support::folder::Folder;
use crate::support::process::Ended;
use crate::support::sandbox::Sandbox;

const CSV: &str = "Nr;Betreff;Text;Eile\n001;Grüße;Erstens;\n\
    002;Käse;Zweitens;bald\n003;Spaß;;\n";
const MAPPING: &str = "[ticket]\nexternal_id = { column = \"Nr\", prefix = \"alt-\" }\n\
    subject = \"Betreff\"\ncomment.body = \"Text\"\npriority = \"Eile\"\n\
    [comments]\nfile = \"said.csv\"\nticket = \"Nr\"\nbody = \"said\"\n";

/// A migration in a folder below, whose rows 2 and 3 lack something, and its results.
struct Scene {
    folder: Folder,
    sandbox: Sandbox,
}

impl Scene {
    fn new() -> Self {
        let scene = Self::before(CSV, MAPPING);
        let first = scene.online("run deep/t.csv --endpoint imports -c deep/c.sqlite3");
        assert_eq!(first.status, Some(3), "{first:?}");
        scene.export();
        scene
    }

    fn before(csv: &str, mapping: &str) -> Self {
        let folder = Folder::new();
        std::fs::create_dir(folder.path("deep")).unwrap();
        let folder = folder
            .with("deep/t.csv", csv)
            .with("deep/t.toml", mapping)
            .with("deep/said.csv", "Nr,said\n001,Eins\n002,Zwei\n");
        let sandbox = Sandbox::start(&folder, "");
        Self { folder, sandbox }
    }

    fn export(&self) {
        let ended = self
            .folder
            .command("export deep/t.csv -c deep/c.sqlite3 --out deep/results")
            .run();
        assert_eq!(ended.status, Some(0), "{ended:?}");
    }

    /// A command that is told the account.
    fn online(&self, command: &str) -> Ended {
        let url = self.sandbox.url();
        self.alone(&format!("{command} --url {url}"))
    }

    /// A command that is told nothing but the token.
    fn alone(&self, command: &str) -> Ended {
        let more = if command.starts_with("run") {
            " --lookup-settle 1s --allow-triggers"
        } else {
            ""
        };
        let program = self.folder.command(&format!("{command}{more}"));
        program.env("ZENDESK_OAUTH_TOKEN", "t").run()
    }

    fn fix(&self) {
        let path = self.folder.path("deep/results/error.csv");
        let text = std::fs::read_to_string(&path).unwrap();
        let text = text.replace(";bald;", ";high;");
        std::fs::write(path, text.replace(";Spaß;;", ";Spaß;Drittens;")).unwrap();
    }

    #[track_caller]
    fn refused(&self, command: &str, status: i32, sentence: &str) {
        let before = self.names();
        let ended = self.alone(command);
        assert_eq!(ended.status, Some(status), "{command}: {ended:?}");
        let told = ended.stderr.lines().collect::<Vec<_>>();
        assert_eq!(told.len(), 1, "{ended:?}");
        assert!(told[0].contains(sentence), "{ended:?}");
        assert_eq!(self.names(), before, "{command}");
        assert_eq!(self.sandbox.stats().tickets, 1);
    }

    /// The files of the migration and its results.
    fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for folder in ["deep", "deep/results"] {
            for entry in std::fs::read_dir(self.folder.path(folder)).unwrap() {
                names.push(entry.unwrap().path().display().to_string());
            }
        }
        names.retain(|name| !["-shm", "-wal"].iter().any(|end| name.ends_with(end)));
        names.sort();
        names
    }

    #[track_caller]
    fn assert_tickets(&self, expected: &[(&str, &str)]) {
        let list = self.sandbox.get("/api/v2/tickets.json?per_page=100");
        let tickets = list["tickets"].as_array().unwrap().iter();
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let mut found: Vec<_> = tickets
            .map(|ticket| (text(&ticket["external_id"]), text(&ticket["subject"])))
            .collect();
        found.sort();
        let expected = expected.iter();
        let expected: Vec<_> = expected
            .map(|(id, subject)| ((*id).to_owned(), (*subject).to_owned()))
            .collect();
        assert_eq!(found, expected);
        assert_eq!(self.sandbox.stats().duplicates, 0);
    }
}

const ALL: [(&str, &str); 3] = [
    ("alt-001", "Grüße"),
    ("alt-002", "Käse"),
    ("alt-003", "Spaß"),
];

#[test]
fn error_csv_is_run_by_its_name_from_wherever_that_is() {
    for absolute in [false, true] {
        let scene = Scene::new();
        scene.fix();
        let path = scene.folder.path("deep/results/error.csv");
        let csv = if absolute {
            path.display().to_string()
        } else {
            "deep/results/error.csv".to_owned()
        };
        let ahead = scene.alone(&format!("run {csv} -n"));
        assert_eq!(ahead.status, Some(0), "{ahead:?}");
        let before = scene.names();
        let ended = scene.alone(&format!("run {csv}"));
        assert_eq!(ended.status, Some(0), "{ended:?}");
        scene.assert_tickets(&ALL);
        assert_eq!(scene.names(), before);
        // The comments of the recorded file have come along, and imports keep them.
        let found = scene.sandbox.get("/api/v2/tickets?external_id=alt-002");
        let id = &found["tickets"][0]["id"];
        let said = scene
            .sandbox
            .get(&format!("/api/v2/tickets/{id}/comments.json"));
        assert!(said.to_string().contains("\"Zwei\""), "{said}");
        for csv in ["deep/results/error.csv", "deep/t.csv --endpoint imports"] {
            let url = scene.sandbox.url();
            let run = format!("run {csv} --url {url} -c deep/c.sqlite3");
            assert_eq!(scene.alone(&run).status, Some(0));
        }
        scene.assert_tickets(&ALL);
    }
}

#[test]
fn a_flag_that_contradicts_what_was_exported_is_refused() {
    let scene = Scene::new();
    scene.fix();
    let run = "run deep/results/error.csv";
    let copy = scene.folder.path("deep/other.sqlite3");
    std::fs::copy(scene.folder.path("deep/c.sqlite3"), copy).unwrap();
    for (more, sentence) in [
        (
            "-c deep/new.sqlite3",
            "the checkpoint is deep/new.sqlite3 here, and deep/c.sqlite3 in",
        ),
        (
            "-c deep/other.sqlite3",
            "the checkpoint is deep/other.sqlite3 here",
        ),
        (
            "--endpoint tickets",
            "the endpoint is tickets here, and imports in",
        ),
        ("--subdomain acme", "the account is acme.zendesk.com here"),
        ("--sandbox", "the account is the sandbox here"),
    ] {
        scene.refused(&format!("{run} {more}"), 2, sentence);
        scene.refused(&format!("{run} {more} -n"), 2, sentence);
    }
    scene.refused(
        "status deep/results/error.csv -c deep/other.sqlite3",
        2,
        "the checkpoint is deep/other.sqlite3 here",
    );
    let ended = scene.online(&format!(
        "{run} -c deep/c.sqlite3 --endpoint imports -m deep/t.toml"
    ));
    assert_eq!(ended.status, Some(0), "{ended:?}");
    scene.assert_tickets(&ALL);
}

#[test]
fn rows_of_an_export_are_never_new_ones() {
    let scene = Scene::new();
    scene.fix();
    let url = scene.sandbox.url();
    let toml = scene.folder.path("deep/results/error.toml");
    let text = std::fs::read_to_string(&toml).unwrap();
    std::fs::remove_file(&toml).unwrap();
    let with_mapping = format!("--url {url} -m deep/t.toml --endpoint imports");
    for more in [
        with_mapping.as_str(),
        "-m deep/t.toml --endpoint imports -n",
    ] {
        let run = format!("run deep/results/error.csv {more}");
        scene.refused(&run, 1, "has the columns of an export");
        let run = format!("{run} -c deep/new.sqlite3");
        scene.refused(&run, 1, "deep/new.sqlite3 is not there");
    }
    for command in ["status", "report", "export", "retry", "verify"] {
        let command = format!("{command} deep/results/error.csv");
        scene.refused(&command, 1, "has no checkpoint of its own");
    }
    std::fs::write(&toml, text.replace("c.sqlite3", "gone.sqlite3")).unwrap();
    for command in ["run", "status", "report", "export", "retry", "verify"] {
        let command = format!("{command} deep/results/error.csv");
        scene.refused(&command, 1, "gone.sqlite3, which is not there");
    }
    // The file beside it still knows where columns are gone.
    let error = scene.folder.text("deep/results/error.csv");
    let bare: String = error
        .lines()
        .map(|line| {
            let cells: Vec<&str> = line.split(';').collect();
            cells[..4].join(";") + "\n"
        })
        .collect();
    std::fs::write(scene.folder.path("deep/results/error.csv"), bare).unwrap();
    scene.refused(
        "run deep/results/error.csv",
        1,
        "gone.sqlite3, which is not there",
    );
    std::fs::write(scene.folder.path("deep/results/error.csv"), &error).unwrap();
    // Some of the columns are enough.
    let error = scene.folder.text("deep/results/error.csv");
    let (head, rest) = error.split_once('\n').unwrap();
    let bare = head.replace("_row", "Zeile") + "\n" + rest;
    std::fs::write(scene.folder.path("deep/bare.csv"), bare).unwrap();
    scene.refused(
        &format!("run deep/bare.csv {with_mapping}"),
        1,
        "has the columns of an export",
    );
}

#[test]
fn other_commands_say_which_checkpoint_they_mean_and_make_none() {
    let scene = Scene::new();
    let before = scene.names();
    for command in ["status", "report --format text", "verify"] {
        let ended = scene.alone(&format!("{command} deep/results/error.csv"));
        assert!(matches!(ended.status, Some(0 | 3)), "{ended:?}");
        let told = "deep/results/error.csv belongs to the checkpoint deep/c.sqlite3\n";
        assert!(ended.stderr.contains(told), "{ended:?}");
    }
    let ended = scene.alone("export deep/results/error.csv");
    assert_eq!(ended.status, Some(1), "{ended:?}");
    assert!(
        ended
            .stderr
            .contains("export that one: zendesk-migrate export"),
        "{ended:?}"
    );
    assert_eq!(scene.names(), before);
}

#[test]
fn what_was_run_in_the_embedded_sandbox_goes_on_there_and_without_a_mapping_too() {
    let csv = "external_id,subject,comment.body\n1,One,First\n2,Two,\n";
    let folder = Folder::new().with("t.csv", csv);
    assert_eq!(folder.command("run t.csv --sandbox").run().status, Some(3));
    let ended = folder.command("export t.csv").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let toml = folder.text("error.toml");
    assert!(toml.starts_with("[run]\n"), "{toml}");
    let error = folder.text("error.csv").replace("2,Two,,", "2,Two,Second,");
    let folder = folder.with("error.csv", error);
    for csv in ["error.csv", "t.csv --sandbox"] {
        let ended = folder.command(&format!("run {csv}")).run();
        assert_eq!(ended.status, Some(0), "{ended:?}");
    }
    let ended = folder.command("verify t.csv").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
}

#[test]
fn a_migration_file_says_what_would_be_typed_and_a_flag_counts_more() {
    let mapping = format!("{MAPPING}[run]\nendpoint = \"imports\"\ncheckpoint = \"c.sqlite3\"\n");
    let scene = Scene::before(CSV, &mapping);
    let ended = scene.online("run deep/t.csv");
    assert_eq!(ended.status, Some(3), "{ended:?}");
    scene.export();
    scene.fix();
    let ended = scene.alone("run deep/results/error.csv");
    assert_eq!(ended.status, Some(0), "{ended:?}");
    scene.assert_tickets(&ALL);
    let ended = scene.online("run deep/t.csv --endpoint tickets -n");
    assert!(
        ended
            .stderr
            .contains("[comments] needs the imports endpoint"),
        "{ended:?}"
    );
    for (wrong, sentence) in [
        ("endpoint = \"both\"", "endpoint \\\"both\\\" is neither"),
        ("chekpoint = \"x\"", "[run] has no key"),
        (
            "url = \"https://evil.example\"",
            "neither at zendesk.com nor on this machine",
        ),
    ] {
        let text = MAPPING.replace("[comments]", &format!("[run]\n{wrong}\n[comments]"));
        std::fs::write(scene.folder.path("deep/t.toml"), text).unwrap();
        let ended = scene.alone("run deep/t.csv --endpoint imports -c deep/c.sqlite3");
        assert_eq!(ended.status, Some(1), "{ended:?}");
        let sentence = sentence.replace('\\', "");
        assert!(ended.stderr.contains(&sentence), "{ended:?}");
    }
}

#[test]
fn an_encoding_that_was_guessed_is_not_guessed_anew_of_fewer_rows() {
    // Enough Greek to be recognised, and one row that is not.
    let row = |n: u32| format!("{n};Καλημέρα κόσμε, τι κάνεις σήμερα;Ευχαριστώ πολύ\n");
    let rows: String = (1..40).map(row).collect();
    let csv = format!("external_id;subject;comment.body\n{rows}40;μ;\n");
    let (bytes, _, replaced) = encoding_rs::ISO_8859_7.encode(&csv);
    assert!(!replaced);
    let folder = Folder::new().with("t.csv", bytes);
    let ended = folder.command("run t.csv --sandbox").run();
    assert_eq!(ended.status, Some(3), "{ended:?}");
    assert_eq!(folder.command("export t.csv").run().status, Some(0));
    let toml = folder.text("error.toml");
    assert!(toml.contains("\nencoding = \""), "{toml}");
    let error = std::fs::read(folder.path("error.csv")).unwrap();
    let (error, _, _) = encoding_rs::ISO_8859_7.decode(&error);
    let fixed = error.replace(";μ;;", ";μ;μ;");
    assert_ne!(error, fixed);
    let (bytes, _, _) = encoding_rs::ISO_8859_7.encode(&fixed);
    let folder = folder.with("error.csv", bytes);
    let ahead = folder.command("run error.csv -n --format json").run();
    assert!(ahead.stdout.contains("\"subject\":\"μ\""), "{ahead:?}");
    assert_eq!(folder.command("run error.csv").run().status, Some(0));
}
