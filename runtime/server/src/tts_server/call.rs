//! One piece of text to one stream of audio: the targets of a voice in their order, each with its deadlines and
//! retries, until one speaks.
//!
//! Dropping the stream drops the vendor's call, which closes its connection. What has been heard is never asked for
//! again: after the first audio a failure is the end.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_stream::try_stream;
use bargein_adapters::tts::{TtsCall, TtsItem};
use bargein_adapters::{OnWritten, SessionIdentity};
use bargein_core::{FaultKind, RequestId, RoundId, TtsRequest, VendorFault};
use bargein_net::{Clock, Moment};
use bytes::Bytes;
use futures_util::stream::{BoxStream, StreamExt as _};

use super::voices::Voice;
use crate::config::VoiceTargetText;

/// The longest wait that a vendor can ask for before its next attempt; beyond it, the next target is tried.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Mono samples and their rate.
pub(crate) type Samples = (Bytes, u32);

/// Audio as a vendor gives it.
pub(crate) type Audio = BoxStream<'static, Result<Samples, VendorFault>>;

/// Who asks for what, with what to ask.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) clock: Clock,
    pub(crate) voice: Arc<Voice>,
    pub(crate) session: Arc<SessionIdentity>,
    pub(crate) request_id: String,
    pub(crate) log: CallLog,
}

/// What became of the calls to vendors. All clones are the same log.
#[derive(Clone, Debug, Default)]
pub(crate) struct CallLog(Arc<Mutex<Calls>>);

/// See [`CallLog`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Calls {
    /// How often vendors were asked.
    pub(crate) attempts: u32,
    /// The vendor that was asked last.
    pub(crate) vendor: String,
    /// When the first request had been written, the first good answer began, and the first audio came.
    pub(crate) written: Option<Moment>,
    pub(crate) headers: Option<Moment>,
    pub(crate) first_audio: Option<Moment>,
}

impl CallLog {
    fn lock(&self) -> MutexGuard<'_, Calls> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What there is so far.
    pub(crate) fn calls(&self) -> Calls {
        self.lock().clone()
    }
}

/// Has a piece of text spoken. Nothing is asked before the stream is polled. It ends with the audio, or with one
/// failure.
pub(crate) fn speak(caller: Caller, piece: String, number: usize) -> Audio {
    try_stream! {
        let mut failed = VendorFault::new(FaultKind::BadRequest, "expected a target of the voice, got none");
        let voice = Arc::clone(&caller.voice);
        'targets: for target in &voice.targets {
            for attempt in 0..=target.config.retries {
                let fault = {
                    let mut call = target.client.start(caller.call(&target.config.vendor, &piece, number, attempt));
                    let mut until = caller.clock.now() + target.config.first_audio.get();
                    let mut begun = false;
                    // One timer for all pieces: it is looked at again when it rings.
                    let mut alarm = caller.clock.sleep_until(until);
                    let fault = loop {
                        let item = tokio::select! {
                            biased;
                            item = call.next() => item,
                            () = &mut alarm => {
                                if caller.clock.now() < until {
                                    alarm = caller.clock.sleep_until(until);
                                    continue;
                                }
                                break late(begun, &target.config);
                            }
                        };
                        match item {
                            Some(TtsItem::Responding) => {
                                caller.log.lock().headers.get_or_insert_with(|| caller.clock.now());
                            }
                            Some(TtsItem::Audio(samples, format)) => {
                                if !begun {
                                    caller.log.lock().first_audio.get_or_insert_with(|| caller.clock.now());
                                }
                                begun = true;
                                yield (samples, format.rate);
                                until = caller.clock.now() + target.config.between_audio.get();
                            }
                            // The protocol has no place for the times of words.
                            Some(TtsItem::Words(_)) => {}
                            Some(TtsItem::Finished) => return,
                            Some(TtsItem::Failed(fault)) => break fault,
                            None => break VendorFault::new(FaultKind::Broken, "expected an end, got none"),
                        }
                    };
                    if begun {
                        Err(fault.clone())?;
                    }
                    fault
                };
                let pause = fault.retry_after.unwrap_or_default();
                let (is_final, is_retryable) = (fault.kind == FaultKind::BadRequest, fault.kind.is_retryable());
                failed = fault;
                if is_final {
                    break 'targets;
                }
                if !is_retryable || pause > LONGEST_PAUSE || attempt == target.config.retries {
                    continue 'targets;
                }
                caller.clock.sleep(pause).await;
            }
        }
        Err(failed)?;
    }
    .boxed()
}

fn late(begun: bool, config: &VoiceTargetText) -> VendorFault {
    let message = if begun {
        format!("expected more audio within {}, got none", config.between_audio)
    } else {
        format!("expected audio within {}, got none", config.first_audio)
    };
    VendorFault::new(FaultKind::Timeout, message)
}

impl Caller {
    /// One attempt, noted in the log.
    fn call(&self, vendor: &str, piece: &str, number: usize, attempt: u32) -> TtsCall {
        let mut calls = self.log.lock();
        calls.attempts += 1;
        vendor.clone_into(&mut calls.vendor);
        drop(calls);
        let (log, clock) = (self.log.clone(), self.clock.clone());
        let written = OnWritten::new(move || {
            log.lock().written.get_or_insert_with(|| clock.now());
        });
        // A retry carries the same id; another piece of the text is another request.
        let request_id = match number {
            0 => self.request_id.clone(),
            number => format!("{}-{}", self.request_id, number + 1),
        };
        let request = TtsRequest {
            round: RoundId(0),
            request: RequestId(number as u64),
            attempt: attempt + 1,
            text: piece.to_owned(),
            // Both are for whoever plays the audio: here it waits on the caller's connection.
            read_ahead: Duration::MAX,
            stall_timeout: Duration::MAX,
        };
        TtsCall { request, request_id, session: Arc::clone(&self.session), written }
    }
}
