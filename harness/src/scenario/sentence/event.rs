//! Events as sentences name them.

use bargein_wire::units::Dur;

use super::parse::Words;
use super::{Actor, EventName, SentenceError, Surroundings};
use crate::scenario::nearest::{advice, nearest};
use crate::timeline::Event;
use crate::vocabulary::{Observed, StepMoment, Stream};

/// The event that comes next.
pub(super) fn event_name(words: &mut Words<'_>) -> Result<EventName, SentenceError> {
    let Some(word) = words.word() else {
        return Err(words.wrong("expected an event", Some("such as `agent.speaks` or `ask.end`".to_owned())));
    };
    let (name, nth) = match word.rsplit_once('.') {
        Some((name, digits)) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => {
            let nth = digits.parse().ok().filter(|nth| *nth > 0);
            (name, Some(nth.ok_or_else(|| words.wrong("occurrences are counted from 1", None))?))
        }
        _ => (word, None),
    };
    let event = match Observed::of_word(name) {
        Some(event) => Event::Observed(event),
        None => step_event(words, name)?,
    };
    words.skip();
    Ok(EventName { event, nth })
}

fn step_event(words: &Words<'_>, name: &str) -> Result<Event, SentenceError> {
    let around = words.around;
    let Some((id, moment)) = name.rsplit_once('.') else { return Err(unknown(words, name)) };
    let step = around.steps.iter().find(|step| step.id.as_str() == id);
    match (step, StepMoment::of_word(moment)) {
        (Some(step), Some(moment @ (StepMoment::Accepted | StepMoment::Refused)))
            if step.actor == Actor::User =>
        {
            let message = format!("`{id}` is a step of the user: only the app is {}", moment.row().word);
            Err(words.wrong(message, None))
        }
        (Some(step), Some(moment)) => Ok(Event::Step(step.id.clone(), moment)),
        (Some(_), None) => {
            let known: Vec<_> = StepMoment::ALL.iter().map(|moment| moment.row().word).collect();
            Err(words.wrong(format!("a step has no moment `{moment}`"), advice(moment, &known)))
        }
        (None, Some(_)) if !is_near_an_event(name) => {
            let known: Vec<_> = around.steps.iter().map(|step| step.id.as_str()).collect();
            Err(words.wrong(format!("there is no step `{id}`"), advice(id, &known)))
        }
        (None, _) => Err(unknown(words, name)),
    }
}

fn is_near_an_event(name: &str) -> bool {
    nearest(name, Observed::ALL.iter().map(|event| event.row().word)).is_some()
}

fn unknown(words: &Words<'_>, name: &str) -> SentenceError {
    if name.parse::<Dur>().is_ok() {
        let help = format!("a time from the beginning is `session.ready + {name}`");
        return words.wrong(format!("expected an event, got the duration `{name}`"), Some(help));
    }
    let message = format!("unknown event `{name}`");
    let help = event_near(name, words.around).or_else(|| {
        let stream = Stream::ALL.into_iter().find(|stream| stream.word() == name)?;
        let of_it = Observed::ALL.iter().map(|event| event.row()).filter(|row| row.stream == stream);
        let known: Vec<_> = of_it.map(|row| row.word).collect();
        (!known.is_empty()).then(|| format!("`{name}` is a stream; its events: {}", known.join(", ")))
    });
    words.wrong(message, help)
}

fn event_near(name: &str, around: &Surroundings<'_>) -> Option<String> {
    let observed = Observed::ALL.iter().map(|event| event.row().word.to_owned());
    let moments = around.steps.iter().flat_map(|step| {
        StepMoment::ALL.iter().map(|moment| Event::Step(step.id.clone(), *moment).to_string())
    });
    let known: Vec<_> = observed.chain(moments).collect();
    nearest(name, known.iter().map(String::as_str)).map(|name| format!("did you mean `{name}`?"))
}
