//! From an offset in a text value to the offset in the file: exact, or not at all.
//!
//! A value and the lines it was written on are walked side by side. What stands in both as it is forms a
//! run; between runs the file has line breaks and indentation, and the value a space or newlines. Wherever
//! the two part - at an escape, say - the walk ends, so that an answer is never a guess.

use granit_parser::ScalarStyle;

use super::Span;

/// The offset in `text` of the byte `offset` of `value`, which is written at `written`.
pub(super) fn locate(
    text: &str,
    written: Span,
    style: ScalarStyle,
    value: &str,
    offset: usize,
) -> Option<usize> {
    if !value.is_char_boundary(offset) {
        return None;
    }
    let mut walk = Walk {
        value,
        offset,
        done: 0,
    };
    match style {
        ScalarStyle::Literal | ScalarStyle::Folded => walk.block(text, written),
        ScalarStyle::Plain => walk.flow(text, written, Quote::None),
        ScalarStyle::SingleQuoted => walk.flow(text, inner(written)?, Quote::Single),
        ScalarStyle::DoubleQuoted => walk.flow(text, inner(written)?, Quote::Double),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Quote {
    None,
    Single,
    Double,
}

/// How far the value is matched, and which offset is wanted.
struct Walk<'a> {
    value: &'a str,
    offset: usize,
    done: usize,
}

impl Walk<'_> {
    /// YAML 1.2.2 (8.1): every line after its indentation is content.
    fn block(&mut self, text: &str, written: Span) -> Option<usize> {
        let start = line_start(text, written.start);
        let mut indent = None;
        for (at, line) in lines(text, Span::new(start, written.end)) {
            let spaces = line.len() - line.trim_start_matches(' ').len();
            if spaces == line.len() && indent.is_none_or(|indent| spaces <= indent) {
                continue;
            }
            self.skip_break(at == start);
            let indent =
                *indent.get_or_insert_with(|| spaces.saturating_sub(self.leading_spaces()));
            if let Some(found) = self.run(line.get(indent..)?, at + indent)? {
                return Some(found);
            }
        }
        None
    }

    /// YAML 1.2.2 (7.3): lines are folded, and the blanks around a line break are not content.
    fn flow(&mut self, text: &str, inside: Span, quote: Quote) -> Option<usize> {
        let inside_text = text.get(inside.start..inside.end)?;
        for (at, line) in lines(text, inside) {
            let (first, last) = (
                at == inside.start,
                at + line.len() == inside.start + inside_text.len(),
            );
            let trimmed = if first {
                line
            } else {
                line.trim_start_matches(BLANKS)
            };
            let at = at + line.len() - trimmed.len();
            let trimmed = if last {
                trimmed
            } else {
                trimmed.trim_end_matches(BLANKS)
            };
            if trimmed.is_empty() && !(first || last) {
                continue;
            }
            self.skip_break(first);
            if let Some(found) = self.escaped(trimmed, at, quote)? {
                return Some(found);
            }
        }
        None
    }

    /// Matches one line of a quoted text: runs between escapes that stand for the character after them.
    fn escaped(&mut self, mut line: &str, mut at: usize, quote: Quote) -> Option<Option<usize>> {
        let (sign, after): (char, &[char]) = match quote {
            Quote::None => return self.run(line, at),
            Quote::Single => ('\'', &['\'']),
            Quote::Double => ('\\', &['\\', '"', '/']),
        };
        loop {
            let plain = line.find(sign).unwrap_or(line.len());
            if let Some(found) = self.run(line.get(..plain)?, at)? {
                return Some(Some(found));
            }
            let Some(escape) = line.get(plain + 1..).filter(|rest| !rest.is_empty()) else {
                return Some(None);
            };
            if !escape.starts_with(after) {
                return None;
            }
            // The escaped character is one byte long; it is matched as a run of its own.
            if let Some(found) = self.run(escape.get(..1)?, at + plain + 1)? {
                return Some(Some(found));
            }
            line = escape.get(1..)?;
            at += plain + 2;
        }
    }

    /// Matches a run: `Some(Some(_))` when the wanted offset is in it or at its end, `None` at a difference.
    fn run(&mut self, run: &str, at: usize) -> Option<Option<usize>> {
        let rest = self.value.get(self.done..)?;
        if !rest.starts_with(run) {
            return None;
        }
        let (from, to) = (self.done, self.done + run.len());
        self.done = to;
        Some(
            (from..=to)
                .contains(&self.offset)
                .then(|| at + self.offset - from),
        )
    }

    /// Passes over what a line break became: one space, or newlines, or at the very start nothing.
    fn skip_break(&mut self, first: bool) {
        let rest = self.value.get(self.done..).unwrap_or_default();
        let newlines = rest.len() - rest.trim_start_matches('\n').len();
        let starts = self.done == 0 && newlines == 0;
        self.done += match newlines {
            0 if !first && !starts && rest.starts_with(' ') => 1,
            newlines => newlines,
        };
    }

    fn leading_spaces(&self) -> usize {
        let rest = self.value.get(self.done..).unwrap_or_default();
        rest.len() - rest.trim_start_matches(' ').len()
    }
}

/// What YAML calls white space inside a line.
const BLANKS: [char; 2] = [' ', '\t'];

/// The text between the quotes.
fn inner(written: Span) -> Option<Span> {
    let inner = Span::new(written.start + 1, written.end.checked_sub(1)?);
    (inner.start <= inner.end).then_some(inner)
}

fn line_start(text: &str, offset: usize) -> usize {
    let before = text.get(..offset).unwrap_or_default();
    before.rfind(['\n', '\r']).map_or(0, |newline| newline + 1)
}

/// The lines in a span, each with its offset and without its break.
fn lines(text: &str, span: Span) -> impl Iterator<Item = (usize, &str)> {
    let mut at = span.start;
    let inside = text.get(span.start..span.end).unwrap_or_default();
    inside.split('\n').map(move |line| {
        let start = at;
        at += line.len() + 1;
        (start, line.strip_suffix('\r').unwrap_or(line))
    })
}
