//! How the processes talk to the one that gives the orders: a JSON value a line.

use std::process::{Child, Command};

use bargein_net::{Io, Listener, World};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};

use super::{Detector, Fallible};

/// One end of a line between two processes.
pub(super) struct Line(BufReader<Io>);

impl Line {
    /// The line to the process that gives the orders.
    pub(super) async fn to(world: &World, authority: &str) -> Fallible<Self> {
        Ok(Self(BufReader::new(world.network.dial(authority).await?)))
    }

    /// Says something.
    pub(super) async fn say<T: Serialize>(&mut self, what: &T) -> Fallible<()> {
        let mut line = serde_json::to_string(what)?;
        line.push('\n');
        Ok(self.0.get_mut().write_all(line.as_bytes()).await?)
    }

    /// Waits for what the other end says; `None` when it has gone.
    pub(super) async fn hear<T: DeserializeOwned>(&mut self) -> Fallible<Option<T>> {
        let mut line = String::new();
        match self.0.read_line(&mut line).await? {
            0 => Ok(None),
            _ => Ok(Some(serde_json::from_str(&line)?)),
        }
    }

    /// Says something and waits for the answer.
    pub(super) async fn ask<T: Serialize, A: DeserializeOwned>(&mut self, what: &T) -> Fallible<A> {
        self.say(what).await?;
        self.hear().await?.ok_or_else(|| "expected an answer of a part, it has gone".into())
    }
}

/// A process that plays a part. It ends when this is dropped.
pub(super) struct Part {
    pub(super) line: Line,
    process: Child,
}

impl Part {
    /// Starts a process.
    pub(super) async fn start(listener: &mut Listener, part: &str) -> Fallible<Self> {
        let program = std::env::current_exe()?;
        let process = Command::new(program).args([part, listener.authority()]).spawn()?;
        let line = Line(BufReader::new(listener.accept().await?));
        Ok(Self { line, process })
    }

    /// Its number.
    pub(super) fn id(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // One that has ended already cannot be killed, and needs not.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What a client needs to reach each mock: the vendor's id and the keys of its settings.
#[derive(Clone, Serialize, Deserialize, Debug)]
pub(super) struct Reached {
    pub(super) asr: (String, Value),
    pub(super) llm: (String, Value),
    pub(super) tts: (String, Value),
}

/// What the agent is told to do.
#[derive(Serialize, Deserialize, Debug)]
pub(super) enum AgentOrder {
    /// Take callers; answered with the authority of the rooms.
    Host {
        /// Whom its sessions ask.
        vendors: Box<Reached>,
        /// What they hear with.
        detector: Detector,
    },
    /// Forget all marks.
    Begin,
    /// Tell all marks, as a list a session.
    End,
}

/// What the callers are told to do. Each is answered when it is done.
#[derive(Serialize, Deserialize, Debug)]
pub(super) enum CallersOrder {
    /// So many join the rooms of this authority and are silent. Those who were there leave.
    Join {
        /// Where the rooms are.
        rooms: String,
        /// How many.
        sessions: usize,
    },
    /// Converse from now on.
    Talk,
    /// Tell what was said and heard since the last time.
    Count,
}

/// What callers said and heard.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(super) struct Counts {
    /// Times that somebody spoke.
    pub(super) said: u64,
    /// Of these, while the agent was speaking.
    pub(super) barged_in: u64,
    /// Times that nobody answered.
    pub(super) unanswered: u64,
    /// Frames of the agent.
    pub(super) frames: u64,
}
