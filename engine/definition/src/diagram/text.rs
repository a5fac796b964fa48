//! Texts in pictures: how wide they are, where they break, and what XML would take for its own.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How many columns a text takes: a Chinese character takes two.
pub(super) fn columns(text: &str) -> usize {
    text.width()
}

/// The text in lines of so many columns: broken at spaces, after any character of a script without
/// spaces, and within a word only when the word is longer than a line.
pub(super) fn wrap(text: &str, limit: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for piece in pieces(text) {
        let is_full = columns(&line) + columns(piece.trim_end()) > limit;
        if is_full && !line.trim().is_empty() {
            lines.push(line.trim().to_owned());
            line.clear();
        }
        for character in piece.chars() {
            if columns(&line) + character.width().unwrap_or(0) > limit && !line.trim().is_empty() {
                lines.push(line.trim().to_owned());
                line.clear();
            }
            line.push(character);
        }
    }
    if !line.trim().is_empty() {
        lines.push(line.trim().to_owned());
    }
    lines
}

/// The parts of a text between which a line may end, each with the space after it.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let end = at + character.len_utf8();
        let next = characters.peek().map(|(_, next)| *next);
        let is_wide = character.width() == Some(2);
        let breaks = match next {
            // A line does not begin with a sign that ends a sentence or a bracket.
            Some(next) if "，。、；：！？）》」”,.;:!?)".contains(next) => false,
            Some(next) => character.is_whitespace() || is_wide || next.width() == Some(2),
            None => true,
        };
        if breaks && !next.is_some_and(char::is_whitespace) {
            pieces.push(text.get(start..end).unwrap_or_default());
            start = end;
        }
    }
    pieces.push(text.get(start..).unwrap_or_default());
    pieces
}

/// The text as it stands in XML 1.0, in an element or an attribute. Characters that XML cannot hold
/// become spaces.
pub(crate) fn xml(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            '\r' => escaped.push_str("&#13;"),
            '\t' => escaped.push_str("&#9;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push(' '),
            _ if character.is_control() => escaped.push(' '),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::{columns, wrap, xml};

    #[test]
    fn lines_break_where_people_break_them() {
        assert_eq!(
            wrap("Drafting the solution", 12),
            ["Drafting the", "solution"]
        );
        assert_eq!(wrap("重点客户合作项目", 8), ["重点客户", "合作项目"]);
        assert_eq!(
            wrap("审核通过，进入执行", 8),
            ["审核通", "过，进入", "执行"]
        );
        assert_eq!(wrap("unbreakable", 4), ["unbr", "eaka", "ble"]);
        assert_eq!(wrap(" \n ", 4), Vec::<String>::new());
        assert_eq!(columns("大客户 A"), 8);
    }

    #[test]
    fn nothing_breaks_out_of_xml() {
        assert_eq!(xml("<a b=\"&\">\u{1}"), "&lt;a b=&quot;&amp;&quot;&gt; ");
    }
}
