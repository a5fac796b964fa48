//! The text of an expression as far as it matters where its parts begin and end: texts, comments and
//! brackets.

use std::ops::Range;

/// A sign of the text, outside of texts and comments.
struct Sign {
    at: usize,
    sign: u8,
    /// In how many brackets it stands; a bracket stands in itself.
    depth: usize,
}

/// The span without blanks and without parentheses around all of it.
pub(super) fn bare(source: &str, span: Range<usize>) -> Range<usize> {
    let mut span = trimmed(source, span);
    while is_enclosed(source, &span) {
        span = trimmed(source, span.start + 1..span.end - 1);
    }
    span
}

/// Where what is denied begins: after every `!` at the beginning.
pub(super) fn after_nots(source: &str, span: &Range<usize>) -> Option<usize> {
    let text = source.get(span.clone())?;
    let rest = text.trim_start_matches(|c: char| c == '!' || c.is_whitespace());
    (text.starts_with('!') && !rest.is_empty()).then_some(span.end - rest.len())
}

/// The `:` that belongs to the `?` before the span.
pub(super) fn colon(source: &str, span: Range<usize>) -> Option<usize> {
    let mut open = 0usize;
    for sign in signs(source, span).filter(|sign| sign.depth == 0) {
        match sign.sign {
            // `a.?b` is a field that may be missing.
            b'?' if !source[..sign.at].ends_with('.') => open += 1,
            b':' if open == 0 => return Some(sign.at),
            b':' => open -= 1,
            _ => {}
        }
    }
    None
}

fn trimmed(source: &str, span: Range<usize>) -> Range<usize> {
    let Some(text) = source.get(span.clone()) else {
        return span;
    };
    let start = span.end - text.trim_start().len();
    start..start + text.trim().len()
}

/// Whether the first parenthesis closes with the last sign.
fn is_enclosed(source: &str, span: &Range<usize>) -> bool {
    let Some(text) = source.get(span.clone()) else {
        return false;
    };
    if text.len() < 2 || !text.starts_with('(') {
        return false;
    }
    let mut closing = signs(source, span.clone()).filter(|sign| sign.depth == 1);
    let first = closing.find(|sign| sign.sign == b')');
    first.is_some_and(|sign| sign.at + 1 == span.end)
}

/// The signs of a span, one after the other.
fn signs(source: &str, span: Range<usize>) -> impl Iterator<Item = Sign> {
    let bytes = source.as_bytes();
    let end = span.end.min(bytes.len());
    let mut at = span.start;
    let mut depth = 0usize;
    std::iter::from_fn(move || {
        loop {
            let sign = *bytes[..end].get(at)?;
            let here = at;
            match sign {
                b'"' | b'\'' => at = after_text(&bytes[..end], at),
                b'/' if bytes[..end].get(at + 1) == Some(&b'/') => {
                    let line = bytes[at..end].iter().position(|byte| *byte == b'\n');
                    at = line.map_or(end, |length| at + length);
                }
                _ => {
                    at += 1;
                    let closes = matches!(sign, b')' | b']' | b'}');
                    depth += usize::from(matches!(sign, b'(' | b'[' | b'{'));
                    let sign = Sign {
                        at: here,
                        sign,
                        depth,
                    };
                    depth = depth.saturating_sub(usize::from(closes));
                    return Some(sign);
                }
            }
        }
    })
}

/// Where the text that begins with a quotation mark is over.
fn after_text(bytes: &[u8], start: usize) -> usize {
    let mark = bytes[start];
    let triple = [mark; 3];
    let fence: &[u8] = match bytes[start..].starts_with(&triple) {
        true => &triple,
        false => &triple[..1],
    };
    // In a raw text, `\` is a sign like any other.
    let before = &bytes[..start];
    let raw = [b"r", b"R"].iter().any(|r| before.ends_with(*r))
        || [b"rb", b"rB", b"Rb", b"RB"]
            .iter()
            .any(|r| before.ends_with(*r));
    let mut at = start + fence.len();
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if !raw => at += 2,
            _ if bytes[at..].starts_with(fence) => return at + fence.len(),
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bared(source: &str) -> &str {
        &source[bare(source, 0..source.len())]
    }

    #[test]
    fn only_parentheses_around_all_of_it_are_taken_away() {
        assert_eq!(bared(" (( a ) ) "), "a");
        assert_eq!(bared("(a) && (b)"), "(a) && (b)");
        assert_eq!(bared("(')' + \"(\")"), "')' + \"(\"");
        assert_eq!(bared(r"('\')' == a)"), r"'\')' == a");
        assert_eq!(bared(r"(r'\')"), r"r'\'");
        assert_eq!(bared("('''a'b)''')"), "'''a'b)'''");
        assert_eq!(bared("(a // )\n)"), "a // )");
        assert_eq!(bared("(客户)"), "客户");
    }

    #[test]
    fn a_choice_in_a_choice_has_a_colon_of_its_own() {
        let colon = |source: &str| colon(source, 0..source.len());
        assert_eq!(colon("b ? c : d : e"), Some(10));
        assert_eq!(colon("{'a': 1}.a : ':'"), Some(11));
        assert_eq!(colon("a.?b : c"), Some(5));
        assert_eq!(colon("a"), None);
    }
}
