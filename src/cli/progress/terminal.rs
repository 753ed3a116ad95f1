//! The terminal of a bar, with the cursor on the line below it.
//!
//! Whoever presses Ctrl-C has the terminal itself write `^C` where the cursor is. At the end of the
//! bar's last line that would wrap, and taking the bar away would leave its first line.

use std::io::Result;
use std::sync::{Mutex, PoisonError};

use console::Term;
use indicatif::{ProgressDrawTarget, TermLike};

/// Where a bar is drawn.
pub(super) fn target() -> ProgressDrawTarget {
    ProgressDrawTarget::term_like(Box::new(Terminal {
        term: Term::buffered_stderr(),
        cursor: Mutex::new(Cursor::OnEmptyLine),
    }))
}

#[derive(Debug)]
struct Terminal {
    term: Term,
    cursor: Mutex<Cursor>,
}

/// Where the cursor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cursor {
    OnEmptyLine,
    /// At the end of a line of the bar.
    OnBar,
    /// On the line below the bar, where others may have written.
    BelowBar,
}

impl Terminal {
    /// Does something where the bar believes the cursor to be.
    fn on_bar(&self, act: impl FnOnce(&Term) -> Result<()>, after: Option<Cursor>) -> Result<()> {
        let mut cursor = self.cursor.lock().unwrap_or_else(PoisonError::into_inner);
        if *cursor == Cursor::BelowBar {
            self.term.clear_line()?;
            self.term.move_cursor_up(1)?;
            *cursor = Cursor::OnBar;
        }
        act(&self.term)?;
        *cursor = after.unwrap_or(*cursor);
        Ok(())
    }
}

impl TermLike for Terminal {
    fn width(&self) -> u16 {
        self.term.size().1
    }

    fn height(&self) -> u16 {
        self.term.size().0
    }

    fn move_cursor_up(&self, n: usize) -> Result<()> {
        self.on_bar(|term| term.move_cursor_up(n), None)
    }

    fn move_cursor_down(&self, n: usize) -> Result<()> {
        self.on_bar(|term| term.move_cursor_down(n), None)
    }

    fn move_cursor_right(&self, n: usize) -> Result<()> {
        self.on_bar(|term| term.move_cursor_right(n), None)
    }

    fn move_cursor_left(&self, n: usize) -> Result<()> {
        self.on_bar(|term| term.move_cursor_left(n), None)
    }

    fn write_line(&self, text: &str) -> Result<()> {
        self.on_bar(|term| term.write_line(text), Some(Cursor::OnEmptyLine))
    }

    fn write_str(&self, text: &str) -> Result<()> {
        let after = (!text.is_empty()).then_some(Cursor::OnBar);
        self.on_bar(|term| term.write_str(text), after)
    }

    fn clear_line(&self) -> Result<()> {
        self.on_bar(Term::clear_line, Some(Cursor::OnEmptyLine))
    }

    fn flush(&self) -> Result<()> {
        let mut cursor = self.cursor.lock().unwrap_or_else(PoisonError::into_inner);
        if *cursor == Cursor::OnBar {
            self.term.write_line("")?;
            *cursor = Cursor::BelowBar;
        }
        self.term.flush()
    }
}
