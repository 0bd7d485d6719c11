//! `RESULTS.md`: one section for each command, replaced when the command runs again.

use std::fs;
use std::path::Path;

const HEAD: &str = "# Results

Written by the commands in this folder; [README.md](README.md) says what is compared and what is not.
";

/// Puts `text` under a heading, in place of what stood there.
pub(crate) fn write(file: &Path, heading: &str, text: &str) -> std::io::Result<()> {
    let before = fs::read_to_string(file).unwrap_or_else(|_| HEAD.to_owned());
    fs::write(file, replaced(&before, heading, text))
}

fn replaced(before: &str, heading: &str, text: &str) -> String {
    let section = format!("## {heading}\n\n{}\n", text.trim_end());
    let start = format!("## {heading}\n");
    let Some((above, below)) = before.split_once(&start) else {
        return format!("{}\n\n{section}", before.trim_end());
    };
    let rest = below.find("\n## ").and_then(|at| below.get(at..)).unwrap_or_default();
    format!("{above}{section}{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_replaces_itself_and_leaves_the_others() {
        let one = replaced("# Results\n", "One", "first");
        let both = replaced(&one, "Two", "second");
        assert_eq!(both, "# Results\n\n## One\n\nfirst\n\n## Two\n\nsecond\n");
        assert_eq!(replaced(&both, "One", "### changed"), "# Results\n\n## One\n\n### changed\n\n## Two\n\nsecond\n");
        assert_eq!(replaced(&both, "Two", "new"), "# Results\n\n## One\n\nfirst\n\n## Two\n\nnew\n");
    }
}
