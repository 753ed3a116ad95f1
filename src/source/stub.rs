//! Temporary.
use super::{Source, SourceError};
use std::path::Path;
impl Source {
    /// Temporary.
    pub fn comments_path(&self) -> Option<&Path> {
        None
    }
    /// Temporary.
    pub fn for_each_author<E: From<SourceError>>(
        &self,
        _f: impl FnMut(&str, Option<&str>) -> Result<(), E>,
    ) -> Result<(), E> {
        Ok(())
    }
}
