//! One role of a company, whose script can be changed while it plays.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use bargein_net::World;
use serde_json::Value;
use tokio::sync::watch;

use super::Scripts;
use crate::asr::Says;
use crate::ledger::Ledger;
use crate::observe::{Observer, Role};
use crate::registry::{self, Door};
use crate::script::{AsrScript, Behaviour, LlmScript, Script, ScriptError, TtsScript};

/// One role of a company.
pub(super) struct Part {
    pub(super) role: Role,
    pub(super) door: Door,
    pub(super) ledger: Arc<Ledger>,
    /// What answers; another one after each change of the script.
    router: Mutex<Router>,
    read: Box<Read>,
}

/// Reads a script of the part's role.
type Read = dyn Fn(&Value) -> Result<Staged, ScriptError> + Send + Sync;

/// A script that has been read and waits to come into force.
pub(super) struct Staged(Box<dyn FnOnce(&Ledger) -> Router + Send>);

impl Part {
    fn new<B: Behaviour + Send + Sync + 'static>(
        role: Role,
        door: Door,
        ledger: Arc<Ledger>,
        script: Script<B>,
        read: impl Fn(&Value) -> Result<Script<B>, ScriptError> + Send + Sync + 'static,
        play: impl Fn(Script<B>) -> Router + Clone + Send + Sync + 'static,
    ) -> Self {
        let router = Mutex::new(play(script));
        let read = move |value: &Value| {
            let (script, play) = (read(value)?, play.clone());
            let come_into_force = move |ledger: &Ledger| {
                let before = ledger.change(script.limits().clone());
                play(script.after(before))
            };
            Ok(Staged(Box::new(come_into_force)))
        };
        Self { role, door, ledger, router, read: Box::new(read) }
    }

    /// What answers now.
    pub(super) fn router(&self) -> Router {
        self.router.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads a script without using it yet.
    pub(super) fn read(&self, value: &Value) -> Result<Staged, ScriptError> {
        (self.read)(value)
    }

    /// From the next request on, which is its `request 1`, the script holds. Answers in progress go on as they began.
    pub(super) fn play(&self, script: Staged) {
        let mut router = self.router.lock().unwrap_or_else(PoisonError::into_inner);
        *router = (script.0)(&self.ledger);
    }
}

/// All roles of a company.
pub(super) fn parts(
    world: &World,
    id: &'static str,
    scripts: &Scripts,
    closed: &watch::Receiver<()>,
) -> Vec<Part> {
    let mut parts = Vec::new();
    if let Some(vendor) = registry::vendor(registry::LLM, id) {
        let (script, ledger) = own(world, Role::Llm, id, &scripts.llm);
        let (router, book) = (vendor.router, Arc::clone(&ledger));
        let play = move |script| router(script, Arc::clone(&book));
        parts.push(Part::new(Role::Llm, vendor.door, ledger, script, of_vendor(id, LlmScript::parse), play));
    }
    if let Some(vendor) = registry::vendor(registry::TTS, id) {
        let (script, ledger) = own(world, Role::Tts, id, &scripts.tts);
        let (router, book) = (vendor.router, Arc::clone(&ledger));
        let play = move |script| router(script, Arc::clone(&book));
        let read = of_vendor(id, |value| TtsScript::parse(value, |_| Err(no_files())));
        parts.push(Part::new(Role::Tts, vendor.door, ledger, script, read, play));
    }
    if let Some(vendor) = registry::vendor(registry::ASR, id) {
        let (script, ledger) = own(world, Role::Asr, id, &scripts.asr);
        let (router, book) = (vendor.router, Arc::clone(&ledger));
        let (says, closed) = (Says::new(), closed.clone());
        let play = move |script| router(script, says.clone(), Arc::clone(&book), closed.clone());
        parts.push(Part::new(Role::Asr, vendor.door, ledger, script, of_vendor(id, AsrScript::parse), play));
    }
    parts
}

/// The script when it is this vendor's, else the plain one; and a ledger with its limits.
fn own<B: Behaviour>(world: &World, role: Role, id: &str, script: &Script<B>) -> (Script<B>, Arc<Ledger>) {
    let script = if script.vendor() == id { script.clone() } else { Script::default() };
    let ledger = Ledger::new(world, role, script.limits().clone(), Observer::nobody());
    (script, ledger)
}

/// Reads scripts of one vendor, which need not name it.
fn of_vendor<B: Behaviour>(
    id: &'static str,
    parse: fn(&Value) -> Result<Script<B>, ScriptError>,
) -> impl Fn(&Value) -> Result<Script<B>, ScriptError> {
    move |value| {
        let mut value = value.clone();
        if let Some(keys) = value.as_object_mut() {
            keys.entry("vendor").or_insert_with(|| id.into());
        }
        let script = parse(&value)?;
        if script.vendor() == id {
            return Ok(script);
        }
        let expected = format!("`{id}`, which is served here");
        Err(ScriptError::wrong(&["vendor"], expected, format!("`{}`", script.vendor())))
    }
}

/// Whoever reaches the port shall not read files.
fn no_files() -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, "files can be named only in the script of the start")
}
