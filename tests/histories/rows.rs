//! The rows as their owner knows them, and the lines that they become.

/// The columns. The last one marks each row, whatever else is edited.
pub(crate) const HEAD: &str =
    "external_id,subject,comment.body,requester.name,requester.email,tags";

/// What is wrong with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    None,
    NoId,
    /// It has the `external_id` of another row.
    TakenId,
    /// Its `external_id` ends with a space.
    Spaced,
    NoText,
    /// Zendesk refuses its requester.
    Refused,
    /// Its address is none.
    NoAddress,
    /// The cell of its `requester.name` is missing, so that its address and mark have slipped.
    TooFewCells,
    /// A delimiter in its text is not quoted.
    TooManyCells,
}

/// A row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// The tag that its ticket has.
    pub(crate) mark: String,
    /// The `external_id` that it should have.
    pub(crate) id: String,
    /// The one that it has instead, if its flaw is that.
    pub(crate) taken: String,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) flaw: Flaw,
    /// Whether its text was changed.
    pub(crate) is_edited: bool,
}

impl Flaw {
    /// Whether the row has no `external_id` of its own.
    pub(crate) fn is_of_the_id(self) -> bool {
        !matches!(
            self,
            Self::None | Self::NoText | Self::Refused | Self::NoAddress
        )
    }
}

impl Row {
    /// Its cells in the CSV.
    pub(crate) fn cells(&self) -> Vec<String> {
        self.cells_with(self.flaw)
    }

    /// Its cells as they should be.
    pub(crate) fn fixed(&self) -> Vec<String> {
        self.cells_with(Flaw::None)
    }

    fn cells_with(&self, flaw: Flaw) -> Vec<String> {
        let id = match flaw {
            Flaw::NoId => String::new(),
            Flaw::TakenId => self.taken.clone(),
            Flaw::Spaced => format!("{} ", self.id),
            _ => self.id.clone(),
        };
        let text = match flaw {
            Flaw::NoText => String::new(),
            _ => self.text.clone(),
        };
        let address = match flaw {
            Flaw::Refused => "a@bad.example",
            Flaw::NoAddress => "nobody",
            _ => "a@good.example",
        };
        let mut cells = vec![id, self.subject.clone(), text];
        match flaw {
            Flaw::TooFewCells => {}
            Flaw::TooManyCells => cells.extend(["stray".to_owned(), "N".to_owned()]),
            _ => cells.push("N".to_owned()),
        }
        cells.extend([address.to_owned(), self.mark.clone()]);
        cells
    }
}

/// The mark among the cells of a line, wherever it has slipped to.
pub(crate) fn mark_of(cells: &[String]) -> Option<String> {
    let is_mark = |cell: &&String| {
        let digits = cell.strip_prefix("mark");
        digits.is_some_and(|digits| digits.parse::<u32>().is_ok())
    };
    cells.iter().find(is_mark).cloned()
}

/// Reads a CSV.
pub(crate) fn parse(bytes: &[u8]) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(bytes);
    let records = reader.records().map(Result::unwrap);
    records
        .map(|record| record.iter().map(str::to_owned).collect())
        .collect()
}

/// Writes a CSV.
pub(crate) fn text(lines: &[Vec<String>], delimiter: u8, end: &str, always_quoted: bool) -> String {
    let quotes = if always_quoted {
        csv::QuoteStyle::Always
    } else {
        csv::QuoteStyle::Necessary
    };
    let mut text = String::new();
    for line in lines {
        let mut writer = csv::WriterBuilder::new()
            .delimiter(delimiter)
            .quote_style(quotes)
            .from_writer(Vec::new());
        writer.write_record(line).unwrap();
        let bytes = writer.into_inner().unwrap();
        text.push_str(String::from_utf8(bytes).unwrap().trim_end_matches('\n'));
        text.push_str(end);
    }
    text
}
