use proptest::prelude::{prop, prop_assert, prop_assert_eq, proptest};

use super::*;

const TOKEN: &str = "Tk9+sQ/x_4f-Zr=77aBc.Qe21";
const EMAIL: &str = "ada@example.com";

fn of_token() -> Secrets {
    Secrets::of(&Credentials::ApiToken {
        email: EMAIL.to_owned(),
        token: TOKEN.into(),
    })
}

fn percent(text: &str, upper: bool) -> String {
    let hex = |byte: u8| {
        if upper {
            format!("%{byte:02X}")
        } else {
            format!("%{byte:02x}")
        }
    };
    text.bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() {
                char::from(byte).into()
            } else {
                hex(byte)
            }
        })
        .collect()
}

fn each(text: &str, write: impl Fn(u32) -> String) -> String {
    text.chars().map(|c| write(u32::from(c))).collect()
}

fn url_safe(text: &str) -> String {
    text.replace('+', "-").replace('/', "_")
}

/// The forms in which a text travels.
fn forms(text: &str) -> Vec<String> {
    vec![
        text.to_owned(),
        text.to_lowercase(),
        percent(text, true),
        percent(text, false),
        percent(&percent(text, true), true),
        each(text, |c| format!("%{c:02x}")),
        each(text, |c| format!("\\u{c:04x}")),
        each(text, |c| format!("\\u{c:04X}")),
        each(text, |c| format!("\\\\u{c:04x}")),
        each(text, |c| format!("\\x{c:02x}")),
        each(text, |c| format!("&#{c};")),
        each(text, |c| format!("&#x{c:x};")),
        text.replace('+', "&plus;")
            .replace('/', "&sol;")
            .replace('=', "&equals;"),
        text.replace('/', "\\/"),
        each(text, |c| format!("{c:02x}")),
    ]
}

#[test]
fn a_secret_is_cut_out_in_every_form_in_which_it_travels() {
    let secrets = of_token();
    let pair = format!("{EMAIL}/token:{TOKEN}");
    let header = base64(pair.as_bytes());
    let mut all = forms(TOKEN);
    for text in [&header, &format!("{header}=="), &url_safe(&header)] {
        all.extend(forms(text));
    }
    for form in all {
        for text in [
            form.clone(),
            format!("not {form} good"),
            format!("Bearer {form}"),
        ] {
            let cut = secrets.cut_out_of(&text);
            assert!(cut.contains(PLACEHOLDER), "{text} became {cut}");
            assert!(!cut.contains(&form), "{text} became {cut}");
            let left = cut.replace(PLACEHOLDER, "").len();
            assert!(left <= text.len() - form.len() + 6, "{text} became {cut}");
        }
    }
}

#[test]
fn a_secret_is_cut_out_of_the_base64_of_whatever_is_around_it() {
    let secrets = of_token();
    for before in ["", "a", "ab", "{\"token\":\"", "Authorization: Bearer "] {
        for after in ["", "b", "\"}"] {
            let whole = base64(format!("{before}{TOKEN}{after}").as_bytes());
            let cut = secrets.cut_out_of(&whole);
            // Two characters at each end depend on what is around it too.
            let left = cut.replace(PLACEHOLDER, "").len();
            let around = (before.len() + after.len()) * 4 / 3 + 4;
            assert!(
                cut.contains(PLACEHOLDER) && left <= around,
                "{whole} became {cut}"
            );
        }
    }
}

#[test]
fn what_was_folded_or_cut_by_others_is_found() {
    let secrets = of_token();
    for text in [
        TOKEN.replace('x', "x\r\n "),
        TOKEN.replace('x', "x\u{200b}\u{ad}"),
        TOKEN.replace('x', "x%0d%0a%20"),
        TOKEN.replace('x', "x\\n"),
        TOKEN.replace('Z', "\n> Z"),
        TOKEN[..TOKEN.len() / 2].to_owned(),
        TOKEN[TOKEN.len() / 2..].to_owned(),
        format!("…{}…", &TOKEN[5..15]),
    ] {
        let cut = secrets.cut_out_of(&text);
        let left = cut.replace(PLACEHOLDER, "");
        let left = left.trim_matches(|c: char| !c.is_ascii_graphic());
        assert!(left.len() <= 2, "{text:?} became {cut:?}");
    }
}

#[test]
fn a_line_is_cut_only_when_its_secrets_are_out() {
    let secrets = of_token();
    for before in 0..60 {
        let text = format!("{}{TOKEN} and more", "a ".repeat(before));
        for most in 1..100 {
            let lines = [secrets.line(&text, most), secrets.line_or_cut(&text, most)];
            for line in lines {
                assert!(!line.contains(&TOKEN[..2]), "{line}");
                assert!(line.chars().count() <= most, "{line}");
            }
        }
    }
}

#[test]
fn what_was_cut_off_says_so_and_nothing_else_does() {
    for (text, expected) in [
        ("abcd", "abcd"),
        ("abcd  ", "abcd"),
        ("abcde", "abc…"),
        ("abcd e", "abc…"),
        ("abc de", "abc…"),
    ] {
        assert_eq!(Secrets::default().line_or_cut(text, 4), expected, "{text}");
    }
}

#[test]
fn a_token_that_has_ended_is_still_cut_out_and_there_are_not_too_many() {
    let secrets = Secrets::of(&Credentials::Client {
        id: "migration".to_owned(),
        secret: "the-clients-own-secret".into(),
    });
    let token = |n: usize| format!("{n:08x}-{:016x}", n * 0x1234_5678_9abc);
    for n in 1..=TOKENS_MAX + 1 {
        secrets.learn(&token(n).into());
    }
    for text in ["the-clients-own-secret", &token(2), &token(TOKENS_MAX + 1)] {
        assert_eq!(secrets.cut_out_of(text), PLACEHOLDER);
    }
    assert_eq!(secrets.known.read().unwrap().tokens.len(), TOKENS_MAX);
}

#[test]
fn text_without_a_secret_is_left_alone_and_so_is_all_of_it_if_a_token_is_no_secret() {
    let plain = "Record validation errors; status: Status: x is not allowed (InvalidValue) 100% &c";
    for secrets in [
        of_token(),
        Secrets::default(),
        Secrets::of(&Credentials::Bearer("t".into())),
    ] {
        assert!(matches!(secrets.cut_out_of(plain), Cow::Borrowed(same) if same == plain));
    }
}

#[test]
fn credentials_that_nobody_here_knows_are_cut_out_of_a_header() {
    for (text, expected) in [
        (
            "authorization: Bearer 0123456789abcdef-_.~+/== sent",
            "authorization: Bearer [secret] sent",
        ),
        ("BASIC\tYWRhQGV4YW1wbGUuY29tOg==", "BASIC\t[secret]"),
        (
            "Basic authentication is off, use Bearer tokens",
            "Basic authentication is off, use Bearer tokens",
        ),
        ("bearer", "bearer"),
    ] {
        for secrets in [Secrets::default(), of_token()] {
            assert_eq!(secrets.cut_out_of(text), expected);
        }
    }
}

#[test]
fn nothing_shows_what_is_known() {
    let shown = format!("{:?}", of_token());
    assert!(!shown.contains(&TOKEN[..4]), "{shown}");
}

proptest! {
    #[test]
    fn less_than_half_of_a_secret_is_left_wherever_it_was_cut(
        token in "[!-~]{16,60}", from in 0..40_usize, to in 0..60_usize, around in "[ -~]{0,20}",
    ) {
        let secrets = Secrets::of(&Credentials::Bearer(token.clone().into()));
        let to = to.min(token.len());
        let from = from.min(to);
        let cut = secrets.line(&format!("{around} {} {around}", &token[from..to]), 500);
        for start in 0..=token.len() - PART_CHARS_MAX {
            let part = &token[start..start + PART_CHARS_MAX];
            prop_assert!(!cut.contains(part), "{} is left in {}", part, cut);
        }
    }

    #[test]
    fn no_text_breaks_it(text in "(\\PC|[%&\\\\u#x;{}0-9a-f]){0,60}", token in "[!-~]{4,20}") {
        let secrets = Secrets::of(&Credentials::Bearer(token.into()));
        let once = secrets.cut_out_of(&text).into_owned();
        prop_assert_eq!(secrets.cut_out_of(&once).contains(PLACEHOLDER), once.contains(PLACEHOLDER));
    }

    #[test]
    fn base64_is_base64(bytes in prop::collection::vec(proptest::num::u8::ANY, 0..40)) {
        let text = base64(&bytes);
        prop_assert_eq!(text.len(), (bytes.len() * 8).div_ceil(6));
        let value = |c: char| "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".find(c).unwrap();
        let bits: Vec<String> = text.chars().map(|c| format!("{:06b}", value(c))).collect();
        let bits = bits.concat();
        let back: Vec<u8> = (0..bytes.len()).map(|at| u8::from_str_radix(&bits[at * 8..at * 8 + 8], 2).unwrap()).collect();
        prop_assert_eq!(back, bytes);
    }
}
