//! A case on a terminal: what can happen next, and what you choose.

use std::io::BufRead;

use casewright_case::Possible;
use casewright_chart::Timestamp;
use casewright_definition::json::timestamp;
use casewright_definition::{Definition, Signature};
use serde_json::{Map, Value as Json};

use super::{Show, parse_actor, parse_data};
use crate::cli::{Failure, Verdict, tell};
use crate::scenario::delay::{parse_ms, words};
use crate::scenario::file::{self, Reply};
use crate::scenario::mocks::{Answers, returned};
use crate::scenario::script::in_column;
use crate::scenario::{Opening, Run, explanation};

/// Talks until the case ends or the person leaves. Questions go to stderr, what happens to stdout.
pub(super) fn hold(
    definition: &Definition,
    answers: &dyn Answers,
    opening: &Opening,
    show: Show<'_>,
    input: impl BufRead,
) -> Result<Verdict, Failure> {
    let mut conversation = Conversation {
        run: Run::new(definition, answers, opening),
        show,
        input,
    };
    let opened = conversation.run.open(&opening.data);
    conversation.show.happening(&opened);
    if opened.refused.is_some() {
        conversation.show.through(0);
        let fields = fields(&definition.start);
        tell(format_args!(
            "hint: `--data` gives the data, `--actor` says who opens it; the fields are {fields}"
        ));
        return Ok(Verdict::No);
    }
    conversation.pass(0)?;
    conversation.show.through(0);
    while !conversation.is_done() {
        conversation.offer();
        let Some(choice) = conversation.ask("> ")? else {
            break;
        };
        match choice.as_str() {
            "" => {}
            "q" => break,
            "t" => conversation.wait()?,
            "s" => conversation.come_back()?,
            "a" => conversation.change_actor()?,
            choice => match choice.strip_prefix('?') {
                Some(event) => conversation.explain(event.trim()),
                None => conversation.send(choice)?,
            },
        }
    }
    Ok(Verdict::Yes)
}

struct Conversation<'a, I> {
    run: Run<'a>,
    show: Show<'a>,
    input: I,
}

impl<I: BufRead> Conversation<'_, I> {
    fn is_done(&self) -> bool {
        self.run.case().is_some_and(|case| case.is_done())
    }

    /// Lists what can happen next.
    fn offer(&self) {
        let actor = &self.run.actor;
        tell(format_args!("what happens next? ({} acts)", actor.id));
        for (index, possible) in self.run.possible().iter().enumerate() {
            tell(format_args!("{:>4}  {}", index + 1, offered(possible)));
            if possible.permitted && possible.blocked {
                let why = explanation::why_blocked(&self.run, possible.event);
                why.iter()
                    .for_each(|line| tell(format_args!("        {line}")));
            }
        }
        match self.run.next_timer() {
            Some(pending) => tell(format_args!(
                "   t  let time pass (`{}` is due at {})",
                pending.event,
                timestamp(pending.due)
            )),
            None => tell("   t  let time pass"),
        }
        for (running, function) in self.run.running() {
            tell(format_args!(
                "   s  let the service `{}` come back ({}.{})",
                running.id, function.plugin, function.function
            ));
        }
        tell("   ?  explain an event, such as `? 1`\n   a  act as somebody else\n   q  quit");
    }

    /// The answer to a question; none at the end of the input.
    fn ask(&mut self, question: &str) -> Result<Option<String>, Failure> {
        tell(question.trim_end());
        let mut answer = String::new();
        let read = self.input.read_line(&mut answer);
        match read.map_err(|error| Failure::new("cannot read the answer", error))? {
            0 => Ok(None),
            _ => Ok(Some(answer.trim().to_owned())),
        }
    }

    /// Tells what would come of an event; of every event when none is named.
    fn explain(&self, choice: &str) {
        let chosen = match choice {
            "" => None,
            choice => match self.chosen(choice) {
                Some(event) => Some(event),
                None => return,
            },
        };
        match explanation::told(&self.run, chosen.as_deref()) {
            Some(text) => tell(text.trim_end()),
            None => tell(format_args!(
                "the workflow has no event `{}`",
                chosen.unwrap_or_default()
            )),
        }
    }

    /// The name of an event that is chosen by its number or its name; none when the number is wrong,
    /// which is told.
    fn chosen(&self, choice: &str) -> Option<String> {
        let Ok(number) = choice.parse::<usize>() else {
            return Some(choice.to_owned());
        };
        let possible = self.run.possible();
        let index = number.checked_sub(1);
        let chosen = index.and_then(|index| possible.get(index));
        if chosen.is_none() {
            tell(format_args!("there is no {number} in the list"));
        }
        chosen.map(|possible| possible.event.to_string())
    }

    fn send(&mut self, choice: &str) -> Result<(), Failure> {
        let Some(chosen) = self.chosen(choice) else {
            return Ok(());
        };
        let signature = self.run.definition().events.get(chosen.as_str());
        let question = match signature.map(fields) {
            Some(fields) => {
                format!("data of `{chosen}` as JSON, empty for none (fields: {fields})")
            }
            None => format!("data of `{chosen}` as JSON, empty for none"),
        };
        let data = match self.ask(&question)?.as_deref() {
            None | Some("") => Json::Object(Map::new()),
            Some(text) => match parse_data(text) {
                Ok(data) => data,
                Err(message) => {
                    tell(message);
                    return Ok(());
                }
            },
        };
        let happening = self.run.send(&chosen, &data);
        self.show.happening(&happening);
        self.pass(0)?;
        self.show.through(0);
        Ok(())
    }

    fn wait(&mut self) -> Result<(), Failure> {
        let next = self.run.next_timer().map(|pending| pending.due);
        let until = |due: Timestamp| due.unix_ms().saturating_sub(self.run.now().unix_ms());
        let next = next.and_then(|due| u64::try_from(until(due)).ok());
        let question = match next {
            Some(ms) => format!(
                "how long, such as `PT4H` or `3d`? (empty: {}, until the next timer)",
                words(ms)
            ),
            None => "how long, such as `PT4H` or `3d`?".to_owned(),
        };
        let answer = self.ask(&question)?.unwrap_or_default();
        let ms = match (answer.as_str(), next) {
            ("", Some(ms)) => ms,
            (text, _) => match parse_ms(text) {
                Ok(ms) => ms,
                Err(message) => {
                    tell(message);
                    return Ok(());
                }
            },
        };
        self.pass(ms)?;
        let time = self.run.time();
        self.show.happening(&time);
        self.show.through(0);
        Ok(())
    }

    /// Lets a service come back with what the person says.
    fn come_back(&mut self) -> Result<(), Failure> {
        let running = self
            .run
            .running()
            .map(|(running, _)| running.id.to_string());
        let running: Vec<String> = running.collect();
        let id = match running.as_slice() {
            [] => {
                tell("no service is running");
                return Ok(());
            }
            [only] => only.clone(),
            several => {
                let question = format!("which of `{}`?", several.join("`, `"));
                self.ask(&question)?.unwrap_or_default()
            }
        };
        let question = format!("what does `{id}` give, as JSON? (`! why` when it fails)");
        let answer = self.ask(&question)?.unwrap_or_default();
        let reply = match answer.strip_prefix('!') {
            Some(why) => Reply::Fails(file::Failure::of(why.trim().to_owned())),
            None => match serde_json::from_str::<Json>(&answer) {
                Ok(value) => Reply::Returns(value),
                Err(error) => {
                    tell(in_column(&error));
                    return Ok(());
                }
            },
        };
        let happening = self.run.returns(&id, returned(&reply));
        self.show.happening(&happening);
        self.pass(0)?;
        self.show.through(0);
        Ok(())
    }

    fn change_actor(&mut self) -> Result<(), Failure> {
        let roles: Vec<&str> = self.roles();
        let question = format!("who, such as `li.na:{}`?", roles.join(","));
        let answer = self.ask(&question)?.unwrap_or_default();
        match parse_actor(&answer) {
            Ok(actor) => self.run.actor = actor,
            Err(message) => tell(message),
        }
        Ok(())
    }

    /// The first two roles of the pack, for the example.
    fn roles(&self) -> Vec<&str> {
        let roles = self.run.definition().bundle.pack.roles.keys();
        roles.map(String::as_str).take(2).collect()
    }

    fn pass(&mut self, ms: u64) -> Result<(), Failure> {
        let show = &mut self.show;
        let passed = self
            .run
            .pass(ms, &mut |happening| show.happening(&happening));
        passed.map_err(|endless| Failure(endless.to_string()))
    }
}

/// `register  Register the complaint  (takes one of the roles account-manager)`.
fn offered(possible: &Possible<'_>) -> String {
    let title = possible.signature.title.get("en");
    let why = match (possible.permitted, possible.blocked) {
        (false, _) => format!("  (for {})", possible.signature.roles.join(", ")),
        (true, true) => "  (blocked: a condition does not hold)".to_owned(),
        (true, false) => String::new(),
    };
    format!("{}  {title}{why}", possible.event)
}

/// The fields that an event may carry.
fn fields(signature: &Signature) -> String {
    let properties = signature.input.json().get("properties");
    let names = properties.and_then(Json::as_object).into_iter();
    let names: Vec<&str> = names.flat_map(Map::keys).map(String::as_str).collect();
    match names.is_empty() {
        true => "none".to_owned(),
        false => names.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use casewright_case::Actor;
    use casewright_runtime::Plugins;

    use super::*;
    use crate::cli::Output;

    #[test]
    fn an_answer_that_makes_no_sense_is_asked_again_and_the_end_of_the_input_ends_it() {
        let definition = casewright_definition::testing::definition(WORKFLOW);
        let plugins = Plugins::default();
        for (answers, verdict) in [
            ("", Verdict::Yes),
            (
                "9\n? 9\n?\n? 1\n? nothing\ns\n{oops\nt\nsoon\nt\n\na\n\na\nli.na\n1\n{oops\nq\n",
                Verdict::Yes,
            ),
            ("1\n{}\n", Verdict::Yes),
            ("s\n! no network\ns\n1\n{}\n", Verdict::Yes),
        ] {
            let opening = Opening {
                id: "case-1".to_owned(),
                now: Timestamp::from_unix_ms(0),
                actor: Actor::new("li.na", ["clerk"]),
                data: Json::Object(Map::new()),
            };
            let show = Show::new(Output::Json, &definition.chart);
            let held = hold(&definition, &plugins, &opening, show, Cursor::new(answers));
            assert_eq!(held.unwrap(), verdict);
        }
    }

    const WORKFLOW: &str = "\
id: visit
version: 0.1.0
title: Visit
start: { roles: [clerk] }
data: { type: object, additionalProperties: false }
events:
  arrive: { title: Arrive, roles: [clerk] }
states:
  planned:
    invoke: { src: crm.announce, onError: late }
    after: { PT1H: late }
    on: { arrive: done }
  late:
    on: { arrive: done }
  done: { type: final }
";
}
