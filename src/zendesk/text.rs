//! The text of a body that is no JSON: the page of a gateway, perhaps.

use super::secrets::Secrets;

/// Longest message that is kept, in characters.
pub(super) const MESSAGE_CHARS_MAX: usize = 500;

/// Longest excerpt of a body that is no JSON, in characters.
pub(super) const EXCERPT_CHARS_MAX: usize = 200;

/// How much of such a body is looked at, in bytes.
const EXCERPT_BYTES_MAX: usize = 16 * 1024;

/// The readable beginning of a body that is no JSON, with tags cut out crudely.
pub(super) fn excerpt(body: &[u8], secrets: &Secrets) -> String {
    let head = &body[..body.len().min(EXCERPT_BYTES_MAX)];
    let text = String::from_utf8_lossy(head);
    secrets.line(&without_tags(&text), EXCERPT_CHARS_MAX)
}

fn without_tags(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        plain.push_str(&rest[..start]);
        let tag = &rest[start + 1..];
        if !tag.starts_with(|next: char| next.is_ascii_alphabetic() || "/!?".contains(next)) {
            plain.push('<');
            rest = tag;
            continue;
        }
        plain.push(' ');
        rest = tag.find('>').map_or("", |end| &tag[end + 1..]);
        for unread in ["style", "script"] {
            if tag
                .get(..unread.len())
                .is_some_and(|name| name.eq_ignore_ascii_case(unread))
            {
                rest = rest.find("</").map_or("", |end| &rest[end..]);
            }
        }
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_has_no_tags_and_keeps_a_lonely_angle() {
        let html = b"<!DOCTYPE html><html><head><style>p { x }</style><title>502 Bad\nGateway</title></head>\
            <body>1 < 2<br/>";
        assert_eq!(excerpt(html, &Secrets::default()), "502 Bad Gateway 1 < 2");
    }

    #[test]
    fn an_excerpt_of_bytes_that_are_no_text_is_still_text() {
        assert_eq!(
            excerpt(b"\xff\xfe<", &Secrets::default()),
            "\u{fffd}\u{fffd}<"
        );
    }
}
