//! A page of a list: what is asked for, and what was found.

#[derive(Clone, Debug)]
pub struct PageRequest {
    /// At most this many rows.
    pub limit: usize,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

#[derive(Debug)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Where the next page begins; `None` at the end.
    pub cursor: Option<String>,
}
