//! Takes human names apart by English habits.
//! Never guesses beyond its lists: a name it does not understand is first word, last word.

use super::number::is_white_space;

/// How long a name may be, in bytes: a longer text is none.
pub(super) const NAME_BYTES_MAX: usize = 1024;

const SUFFIXES: &[&str] = &[
    "i", "ii", "iii", "iv", "v", "senior", "junior", "jr", "sr", "phd", "apr", "rph", "pe", "md", "ma", "dmd", "cme",
    "qc", "kc",
];
const SALUTATIONS: &[&str] = &[
    "mr",
    "master",
    "mister",
    "mrs",
    "miss",
    "ms",
    "dr",
    "prof",
    "rev",
    "fr",
    "judge",
    "honorable",
    "hon",
    "tuan",
    "sr",
    "srta",
    "br",
    "pr",
    "mx",
    "sra",
];
const PARTICLES: &[&str] = &[
    "vere", "von", "van", "de", "del", "della", "der", "den", "di", "da", "pietro", "vanden", "du", "st.", "st", "la",
    "lo", "ter", "bin", "ibn", "te", "ten", "op", "ben", "al",
];

/// The first name, if there is a last name too.
pub(super) fn first(name: &str) -> Option<String> {
    Name::parse(name).first
}

/// The last name; of a single word, that word.
pub(super) fn last(name: &str) -> Option<String> {
    Name::parse(name).last
}

#[derive(Default)]
struct Name {
    first: Option<String>,
    last: Option<String>,
}

impl Name {
    fn parse(name: &str) -> Name {
        if name.len() > NAME_BYTES_MAX {
            return Name::default();
        }
        let words = without_suffix(words(name));
        match words.iter().any(|word| word.contains(',')) {
            true => last_name_first(&words.join(" ")),
            false => first_name_first(&words),
        }
    }
}

fn last_name_first(name: &str) -> Name {
    let (last, rest) = name.split_once(',').unwrap_or((name, ""));
    let last = last.trim();
    if last.is_empty() {
        return Name::default();
    }
    let first = words(rest).into_iter().next();
    Name { first, last: Some(last.to_owned()) }
}

fn first_name_first(words: &[String]) -> Name {
    let words = match words {
        [salutation, rest @ ..] if !rest.is_empty() && is_among(salutation, SALUTATIONS) => rest,
        words => words,
    };
    match words {
        [] => Name::default(),
        [only] => Name { first: None, last: Some(only.clone()) },
        [first, rest @ ..] => Name { first: Some(first.clone()), last: Some(with_particles(rest)) },
    }
}

fn with_particles(words: &[String]) -> String {
    let before_last = words.iter().rev().skip(1);
    let particles = before_last.take_while(|word| PARTICLES.contains(&word.to_lowercase().as_str())).count();
    let start = words.len().saturating_sub(particles + 1);
    words.get(start..).unwrap_or_default().join(" ")
}

fn is_among(word: &str, known: &[&str]) -> bool {
    known.contains(&word.to_lowercase().replace('.', "").as_str())
}

fn without_suffix(mut words: Vec<String>) -> Vec<String> {
    if words.len() > 1 && words.last().is_some_and(|word| is_among(word, SUFFIXES)) {
        words.pop();
        if let Some(last) = words.last_mut() {
            *last = last.replacen(',', "", 1);
        }
    }
    words
}

/// Words are what white space parts; a quoted group is one word.
fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = name.trim_start_matches(is_white_space);
    while !rest.is_empty() {
        let end = match rest.strip_prefix('"') {
            Some(quoted) => quoted.find('"').map_or(1, |end| end + 2),
            None => rest.find(|next| next == '"' || is_white_space(next)).unwrap_or(rest.len()),
        };
        let (word, tail) = rest.split_at(end);
        if !word.trim_matches('"').is_empty() {
            words.push(word.to_owned());
        }
        rest = tail.trim_start_matches(is_white_space);
    }
    words
}
