//! Faults of one CEL expression, found in its text.

/// A word of an expression: a name, a number, a text, or a sign.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Name,
    Number,
    Text,
    Sign,
}

/// The expressions that come of one wrong word each, with the kind of fault.
pub(super) fn faults(expression: &str) -> Vec<(&'static str, String)> {
    let words = words(expression);
    let mut faults = Vec::new();
    for (number, (start, end, kind)) in words.iter().copied().enumerate() {
        let word = &expression[start..end];
        let text_of = |number: Option<usize>| {
            let word = number.and_then(|number| words.get(number));
            word.map_or("", |(start, end, _)| &expression[*start..*end])
        };
        let before = text_of(number.checked_sub(1));
        let after = text_of(Some(number + 1));
        let wrong = match kind {
            // A member, not a function. The last one of a text in a list of names is no member.
            Kind::Name if before == "." && after != "(" => {
                Some(("a field is misspelt", format!("{word}x")))
            }
            Kind::Name => match word {
                "true" => Some(("a literal is another", "false".to_owned())),
                "false" => Some(("a literal is another", "true".to_owned())),
                _ => None,
            },
            Kind::Number => Some(("a literal is another", more(word))),
            Kind::Text if after != "]" || before != "[" => {
                let (inner, quote) = word.split_at(word.len() - 1);
                Some(("a literal is another", format!("{inner}x{quote}")))
            }
            Kind::Text => {
                let (inner, quote) = word.split_at(word.len() - 1);
                Some(("a field is misspelt", format!("{inner}x{quote}")))
            }
            Kind::Sign => operator(word).map(|other| ("an operator is another", other.to_owned())),
        };
        if let Some((class, wrong)) = wrong {
            let (head, tail) = (&expression[..start], &expression[end..]);
            faults.push((class, format!("{head}{wrong}{tail}")));
        }
    }
    faults
}

/// The operator that is most easily confused with another.
fn operator(sign: &str) -> Option<&'static str> {
    Some(match sign {
        "<" => "<=",
        "<=" => "<",
        ">" => ">=",
        ">=" => ">",
        "==" => "!=",
        "!=" => "==",
        "&&" => "||",
        "||" => "&&",
        "!" => "",
        "-" => "+",
        _ => return None,
    })
}

fn more(number: &str) -> String {
    match number.parse::<i64>() {
        Ok(number) => (number + 1).to_string(),
        Err(_) => format!("{:?}", number.parse::<f64>().unwrap() + 1.0),
    }
}

/// Where the words stand, and what they are.
fn words(expression: &str) -> Vec<(usize, usize, Kind)> {
    let mut words = Vec::new();
    let mut start = 0;
    while let Some(first) = expression[start..].chars().next() {
        let rest = &expression[start..];
        let length_while = |is_part: &dyn Fn(char) -> bool| {
            rest.find(|character| !is_part(character))
                .unwrap_or(rest.len())
        };
        let (length, kind) = match first {
            _ if first.is_alphabetic() => (
                length_while(&|character| character.is_alphanumeric() || character == '_'),
                Kind::Name,
            ),
            _ if first.is_ascii_digit() => (
                length_while(&|character| character.is_ascii_digit() || character == '.'),
                Kind::Number,
            ),
            '\'' | '"' => (rest[1..].find(first).unwrap() + 2, Kind::Text),
            _ => {
                let two = ["<=", ">=", "==", "!=", "&&", "||"];
                let is_two = two.iter().any(|sign| rest.starts_with(sign));
                (if is_two { 2 } else { first.len_utf8() }, Kind::Sign)
            }
        };
        if !first.is_whitespace() {
            words.push((start, start + length, kind));
        }
        start += length;
    }
    words
}

#[test]
fn each_word_is_wrong_once() {
    let texts = |expression: &str| -> Vec<String> {
        let faults = faults(expression);
        faults.into_iter().map(|(_, fault)| fault).collect()
    };
    assert_eq!(
        texts("has(data.tier) && data.n >= 3"),
        [
            "has(data.tierx) && data.n >= 3",
            "has(data.tier) || data.n >= 3",
            "has(data.tier) && data.nx >= 3",
            "has(data.tier) && data.n > 3",
            "has(data.tier) && data.n >= 4",
        ]
    );
    assert_eq!(texts("!In('a')"), ["In('a')", "!In('ax')"]);
    assert_eq!(
        texts("size(event.data.list)"),
        ["size(event.datax.list)", "size(event.data.listx)"]
    );
}
