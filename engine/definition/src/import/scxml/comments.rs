//! Comments, which say nothing to anybody but readers of the document.

/// The document with spaces in place of its comments, so that everything else keeps its place and no
/// comment divides a text. What is no comment by the rules of XML is left for the parser to refuse.
pub(super) fn without_comments(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        kept.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = markup(rest);
        let (written, after) = rest.split_at(length);
        match written.strip_prefix("<!--") {
            Some(_) => kept.extend(written.bytes().map(blank)),
            None => kept.push_str(written),
        }
        rest = after;
    }
    kept.push_str(rest);
    kept
}

fn blank(byte: u8) -> char {
    match byte {
        b'\n' => '\n',
        b'\r' => '\r',
        _ => ' ',
    }
}

/// How many bytes belong together from a `<` on: a comment, a CDATA section, a tag, or just the `<`.
fn markup(text: &str) -> usize {
    if let Some(inside) = text.strip_prefix("<!--") {
        // `--` may stand only at the end of a comment (XML 2.5).
        let end = inside
            .find("--")
            .filter(|end| inside[*end..].starts_with("-->"));
        return end.map_or(1, |end| end + "<!---->".len());
    }
    for (open, close) in [("<![CDATA[", "]]>"), ("<?", "?>")] {
        if text.starts_with(open) {
            return text.find(close).map_or(text.len(), |end| end + close.len());
        }
    }
    match text.starts_with("<!") {
        true => 1,
        false => tag(text),
    }
}

/// How long a tag is, whose values may hold a `>`.
fn tag(text: &str) -> usize {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, '>') => return at + 1,
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::without_comments;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let found = without_comments(text);
        assert_eq!(found, expected);
        assert_eq!(found.len(), text.len());
    }

    #[test]
    fn comments_become_spaces_and_lines_stay() {
        check("<a>1<!--客\n--> 2</a>", "<a>1       \n    2</a>");
        check("<!DOCTYPE a [<!--x-->]><a/>", "<!DOCTYPE a [        ]><a/>");
    }

    #[test]
    fn what_only_looks_like_a_comment_stays() {
        let texts = [
            "<a><![CDATA[<!--x-->]]></a>",
            "<a b='<!--x-->'/>",
            "<a><!-- x -- y --></a>",
            "<a><!-- x",
            "<?p <!--x--> ?><a/>",
            "<a b='>' c=\"<!--x-->\"/>",
            "<",
            "<![CDATA[<!--",
        ];
        for text in texts {
            check(text, text);
        }
    }
}
