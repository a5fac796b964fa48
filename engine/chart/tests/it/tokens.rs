//! The words and marks of the test notation.

use std::sync::Arc;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    Word(Arc<str>),
    Int(i64),
    Text(Arc<str>),
    Mark(&'static str),
}

/// Longer marks first, so that `->` is not read as something shorter.
const MARKS: [&str; 17] = [
    "->", "=>", "==", "=", "+", "<", "!", "(", ")", "[", "]", "{", "}", ";", ":", ",", "/",
];

/// One line of notation, read from left to right.
pub(crate) struct Tokens {
    line: String,
    tokens: Vec<Token>,
    position: usize,
}

impl Tokens {
    pub(crate) fn new(line: &str) -> Self {
        let mut tokens = Vec::new();
        let mut rest = line.trim();
        while !rest.is_empty() {
            let (token, length) = first_token(rest);
            tokens.push(token);
            rest = rest[length..].trim_start();
        }
        Tokens {
            line: line.into(),
            tokens,
            position: 0,
        }
    }

    pub(crate) fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.position)
    }

    pub(crate) fn next(&mut self) -> Option<Token> {
        self.position += 1;
        self.tokens.get(self.position - 1).cloned()
    }

    pub(crate) fn eat(&mut self, mark: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Mark(next)) if *next == mark);
        self.position += usize::from(found);
        found
    }

    pub(crate) fn eat_word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Word(next)) if **next == *word);
        self.position += usize::from(found);
        found
    }

    pub(crate) fn expect(&mut self, mark: &str) {
        if !self.eat(mark) {
            self.fail(&format!("expected `{mark}`"));
        }
    }

    pub(crate) fn word(&mut self) -> Arc<str> {
        match self.next() {
            Some(Token::Word(word)) => word,
            _ => self.fail("expected a word"),
        }
    }

    /// Words up to something else.
    pub(crate) fn words(&mut self) -> Vec<Arc<str>> {
        let mut words = Vec::new();
        while let Some(Token::Word(word)) = self.peek() {
            words.push(word.clone());
            self.position += 1;
        }
        words
    }

    pub(crate) fn end(&self) {
        if self.peek().is_some() {
            self.fail("expected the end of the line");
        }
    }

    pub(crate) fn fail(&self, expected: &str) -> ! {
        panic!(
            "{expected} at token {} of `{}`",
            self.position,
            self.line.trim()
        )
    }
}

/// The token at the start of the text and its length in bytes.
fn first_token(text: &str) -> (Token, usize) {
    if let Some(mark) = MARKS.iter().find(|mark| text.starts_with(**mark)) {
        return (Token::Mark(mark), mark.len());
    }
    if let Some(quoted) = text.strip_prefix('"') {
        let length = quoted.find('"').expect("a closing quote");
        return (Token::Text(quoted[..length].into()), length + 2);
    }
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '*');
    let length = text.find(|c| !is_word(c)).unwrap_or(text.len());
    assert!(length > 0, "no token at `{text}`");
    let token = match text[..length].parse() {
        Ok(number) => Token::Int(number),
        Err(_) => Token::Word(text[..length].into()),
    };
    (token, length)
}
