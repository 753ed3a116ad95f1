//! As much of Markdown as the tests need: fenced blocks, links and headings.

/// A fenced block.
#[derive(Debug)]
pub(crate) struct Block {
    /// The line of its opening fence, from 1.
    pub(crate) line: usize,
    pub(crate) language: String,
    pub(crate) text: String,
    /// Why it is not run, if a comment before it says so.
    pub(crate) not_run: Option<String>,
}

/// All blocks of a document, in order.
pub(crate) fn blocks(document: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    let mut marker = None;
    for (index, line) in document.lines().enumerate() {
        match &mut open {
            Some(_) if line.starts_with("```") => blocks.extend(open.take()),
            Some(block) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            None if line.starts_with("```") => {
                open = Some(Block {
                    line: index + 1,
                    language: line.trim_start_matches('`').to_owned(),
                    text: String::new(),
                    not_run: marker.take(),
                });
            }
            None => {
                let said = line.strip_prefix("<!-- not run:");
                let said = said.and_then(|said| said.strip_suffix("-->"));
                marker = said.map(|why| why.trim().to_owned());
            }
        }
    }
    assert!(open.is_none(), "a block is never closed");
    blocks
}

/// The targets of all links that stay in the repository.
pub(crate) fn links(document: &str) -> Vec<String> {
    let pieces = document.split("](").skip(1);
    pieces
        .filter_map(|piece| piece.split_once(')'))
        .map(|(target, _)| target.to_owned())
        .filter(|target| !target.contains("://"))
        .collect()
}

/// The names by which a document's headings are linked to.
pub(crate) fn headings(document: &str) -> Vec<String> {
    let lines = document.lines().filter(|line| line.starts_with('#'));
    lines
        .map(|line| {
            let words = line.trim_start_matches('#').trim().to_lowercase();
            let kept = words.chars().filter_map(|c| match c {
                ' ' => Some('-'),
                c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
                _ => None,
            });
            kept.collect()
        })
        .collect()
}
