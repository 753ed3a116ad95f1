//! Templates: text that contains `{Column}`.

/// A part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part<C> {
    Text(String),
    Column(C),
}

/// Splits a template into text and column names; `{{` and `}}` are escaped braces.
pub(super) fn parse(template: &str) -> Result<Vec<Part<String>>, String> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        text.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        let after = &rest[at + 1..];
        if let Some(doubled) = after.strip_prefix(brace) {
            text.push_str(brace);
            rest = doubled;
            continue;
        }
        if brace == "}" {
            return Err(
                "the template has a \"}\" without a \"{\"; write \"}}\" for the character"
                    .to_owned(),
            );
        }
        let Some(end) = after.find('}') else {
            return Err(
                "the template has a \"{\" without a \"}\"; write \"{{\" for the character"
                    .to_owned(),
            );
        };
        if !text.is_empty() {
            parts.push(Part::Text(std::mem::take(&mut text)));
        }
        parts.push(Part::Column(after[..end].to_owned()));
        rest = &after[end + 1..];
    }
    text.push_str(rest);
    if !text.is_empty() {
        parts.push(Part::Text(text));
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Part<String> {
        Part::Text(text.to_owned())
    }

    fn column(name: &str) -> Part<String> {
        Part::Column(name.to_owned())
    }

    #[test]
    fn a_template_is_text_and_columns_in_turn() {
        assert_eq!(
            parse("{A}\n\nProduct: {B c}.").unwrap(),
            [column("A"), text("\n\nProduct: "), column("B c"), text(".")]
        );
    }

    #[test]
    fn doubled_braces_are_single_ones() {
        assert_eq!(parse("{{x}} {A}").unwrap(), [text("{x} "), column("A")]);
    }

    #[test]
    fn a_lone_brace_is_refused() {
        assert!(parse("{A").unwrap_err().contains("without a \"}\""));
        assert!(parse("A}").unwrap_err().contains("without a \"{\""));
    }
}
