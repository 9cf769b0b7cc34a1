//! A case made ready to be played: everything read, checked and computed that does not depend on time.

use std::sync::Arc;
use std::time::Duration;

use bargein_core::{AppCall, Signal};

use super::outcome::CaseName;
use crate::scenario::{
    self, Action, AppAction, Diagnostic, Diagnostics, Expectations, Scenario, Source, UserAction,
};
use crate::timeline::StepId;
use crate::user::Speech;
use crate::world::{Cast, wrong_config};

/// How long a graceful stop waits for what is still to be said.
const PATIENCE: Duration = Duration::from_secs(30);

/// One case, ready to be played any number of times. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Case(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    name: CaseName,
    source: Arc<Source>,
    cast: Cast,
    acts: Vec<Act>,
    case: scenario::Case,
}

/// What a step does.
#[derive(Clone, Debug)]
pub(super) enum Act {
    /// The user speaks.
    Say { text: String, speech: Speech },
    /// The user lets time pass.
    Wait(Duration),
    /// The user sends a text.
    Text(String),
    /// The user's client sends a signal.
    Signal(Signal),
    /// The application calls the session, so often and so far apart.
    Call { call: AppCall, times: u32, every: Duration },
}

impl Case {
    /// Every case of a scenario.
    ///
    /// # Errors
    /// Everything in the file that only those who use it can see: wrong configuration, wrong scripts, recordings that
    /// cannot be played.
    pub fn all_of(scenario: &Scenario) -> Result<Vec<Self>, Diagnostics> {
        let mut wrong = Vec::new();
        let mut cases = Vec::new();
        for (index, case) in scenario.cases.iter().enumerate() {
            match Self::new(&scenario.source, index + 1, case) {
                Ok(case) => cases.push(case),
                Err(found) => wrong.extend(found),
            }
        }
        // The rows of a table repeat each other's mistakes.
        wrong.sort_by_key(|diagnostic: &Diagnostic| diagnostic.place);
        wrong.dedup();
        if wrong.is_empty() { Ok(cases) } else { Err(Diagnostics(wrong)) }
    }

    fn new(source: &Arc<Source>, row: usize, case: &scenario::Case) -> Result<Self, Vec<Diagnostic>> {
        let cast = Cast::read(source, case)?;
        let mut text = cast.text.clone();
        let mut acts = Vec::new();
        let mut wrong = Vec::new();
        for step in &case.steps {
            let act = match &step.action {
                Action::User(action) => {
                    user_act(action).map_err(|message| Diagnostic::new(source, step.place, message))
                }
                Action::App(action) => app_act(action, &mut text),
            };
            match act {
                Ok(act) => acts.push(act),
                Err(found) => wrong.push(found),
            }
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let name = CaseName::new(source.name(), case.title.as_deref().map(|title| (row, title)));
        Ok(Self(Arc::new(Inner { name, source: Arc::clone(source), cast, acts, case: case.clone() })))
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &CaseName {
        &self.0.name
    }

    /// Its file.
    #[must_use]
    pub fn source(&self) -> &Arc<Source> {
        &self.0.source
    }

    /// Who plays in it.
    #[must_use]
    pub fn cast(&self) -> &Cast {
        &self.0.cast
    }

    /// How many seeds it is to be played with, from 1.
    #[must_use]
    pub fn repeat(&self) -> u32 {
        self.0.case.repeat
    }

    /// What the evaluator judges runs by.
    pub(super) fn judged(&self) -> &scenario::Case {
        &self.0.case
    }

    pub(super) fn expectations(&self) -> &Expectations {
        &self.0.case.expectations
    }

    pub(super) fn limit(&self) -> Duration {
        self.0.case.limit
    }

    pub(super) fn quiet(&self) -> Duration {
        self.0.case.quiet
    }

    /// The steps in order, each with what it does.
    pub(super) fn step(&self, index: usize) -> Option<(&scenario::Step, &Act)> {
        self.0.case.steps.get(index).zip(self.0.acts.get(index))
    }

    /// The name of a step.
    pub(super) fn id(&self, index: usize) -> Option<&StepId> {
        self.0.case.steps.get(index).map(|step| &step.id)
    }
}

fn user_act(action: &UserAction) -> Result<Act, String> {
    Ok(match action {
        UserAction::Says { text, audio, level } => {
            let speech = match audio {
                Some(path) => Speech::recorded(path).map_err(|error| error.to_string())?,
                None => Speech::synthetic(text)
                    .ok_or_else(|| format!("expected at least one letter to say, got `{text}`"))?,
            };
            let speech = match level {
                Some(level) => speech
                    .at_level(*level)
                    .ok_or_else(|| format!("nothing is left above -50dB at {level}dB"))?,
                None => speech,
            };
            Act::Say { text: text.clone(), speech }
        }
        UserAction::Silence(duration) => Act::Wait(*duration),
        UserAction::Text(text) => Act::Text(text.clone()),
        UserAction::Signal(signal) => Act::Signal(*signal),
    })
}

/// `text` is the configuration in force before this step; an update changes it.
fn app_act(action: &AppAction, text: &mut bargein_agent::config::ConfigText) -> Result<Act, Diagnostic> {
    let call = match action.call.clone() {
        scenario::AppCall::Speak { text, options, history } => {
            AppCall::Speak { text, options, in_history: history }
        }
        scenario::AppCall::Ask { text, system_prompt, options, question_in_history, answer_in_history } => {
            AppCall::Ask { text, system_prompt, options, question_in_history, answer_in_history }
        }
        scenario::AppCall::Interrupt => AppCall::Interrupt,
        scenario::AppCall::Update(update) => {
            let over = bargein_agent::config::ConfigText::read(update.value.clone());
            let update =
                over.and_then(|over| text.update(&over)).map_err(|error| wrong_config(&update, &error))?;
            AppCall::Update(Box::new(update))
        }
        scenario::AppCall::AddHistory(messages) => AppCall::AddHistory(messages),
        scenario::AppCall::ResetHistory => AppCall::ResetHistory,
        scenario::AppCall::Stop { graceful } => AppCall::Stop { patience: graceful.then_some(PATIENCE) },
    };
    Ok(Act::Call { call, times: action.times, every: action.every })
}
