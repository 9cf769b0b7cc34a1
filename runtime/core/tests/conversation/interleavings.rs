//! Arbitrary interleavings of users, applications, vendors and strays.

use std::collections::BTreeMap;
use std::time::Duration;

use bargein_core::{
    AppCall, AppCallId, AsrCallId, AsrEvent, Command, Config, ConfigUpdate, Endpointing, FaultKind, Input,
    Interruption, InterruptionMode, LlmCallId, LlmEvent, LowerPriority, Message, Overflow, PlayoutEvent,
    Priority, QueueRules, Role, SamePriority, Signal, SpeechOptions, SpeechThatMayNotCut, TtsCallId,
    TtsEvent, Turns, VendorFault, Welcome,
};
use proptest::prelude::*;

use crate::driver::{Driver, LlmPlan, TtsPlan, Vendors};

/// One thing that happens.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Wait(u64),
    VoiceStarts,
    VoiceStops,
    Interim(u64, &'static str),
    Final(u64, &'static str),
    Text(&'static str),
    Signal(Signal),
    Speak(SpeechOptions),
    Ask(SpeechOptions),
    Interrupt,
    AddHistory,
    ResetHistory,
    Update(Turns, InterruptionMode),
    StopGracefully(u64),
    AsrReady,
    AsrEnds(Option<FaultKind>),
    StrayLlm(u64),
    StrayTts(u64),
    StrayPlayout(u64, u8),
}

fn priority() -> impl Strategy<Value = Priority> {
    prop_oneof![Just(Priority::Low), Just(Priority::Medium), Just(Priority::High)]
}

fn options() -> impl Strategy<Value = SpeechOptions> {
    let option = prop_oneof![Just(SamePriority::ClearAndInterrupt), Just(SamePriority::Enqueue)];
    (priority(), option, any::<bool>()).prop_map(|(priority, same_priority, enqueue_user_speech)| {
        SpeechOptions { priority, same_priority, enqueue_user_speech }
    })
}

fn words() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just("今天天气怎么样？"),
        Just("嗯"),
        Just("stop it."),
        Just("我"),
        Just("再说一点"),
        Just("")
    ]
}

fn turns() -> impl Strategy<Value = Turns> {
    prop_oneof![Just(Turns::Continuous), Just(Turns::WalkieTalkie)]
}

fn mode() -> impl Strategy<Value = InterruptionMode> {
    prop_oneof![2 => Just(InterruptionMode::Auto), 1 => Just(InterruptionMode::Manual)]
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let signal =
        prop_oneof![Just(Signal::Interrupt), Just(Signal::StartListening), Just(Signal::StopListening)];
    prop_oneof![
        8 => (1u64..1_500).prop_map(Step::Wait),
        3 => Just(Step::VoiceStarts),
        3 => Just(Step::VoiceStops),
        1 => (0u64..6, words()).prop_map(|(sentence, text)| Step::Interim(sentence, text)),
        3 => (0u64..6, words()).prop_map(|(sentence, text)| Step::Final(sentence, text)),
        1 => words().prop_map(Step::Text),
        1 => signal.prop_map(Step::Signal),
        3 => options().prop_map(Step::Speak),
        2 => options().prop_map(Step::Ask),
        1 => Just(Step::Interrupt),
        1 => Just(Step::AddHistory),
        1 => Just(Step::ResetHistory),
        1 => (turns(), mode()).prop_map(|(turns, mode)| Step::Update(turns, mode)),
        1 => (0u64..20_000).prop_map(Step::StopGracefully),
        1 => Just(Step::AsrReady),
        1 => fault().prop_map(Step::AsrEnds),
        1 => (1u64..20).prop_map(Step::StrayLlm),
        1 => (1u64..20).prop_map(Step::StrayTts),
        1 => (1u64..20, 0u8..4).prop_map(|(call, kind)| Step::StrayPlayout(call, kind)),
    ]
}

fn fault() -> impl Strategy<Value = Option<FaultKind>> {
    prop_oneof![
        4 => Just(None),
        1 => prop_oneof![
            Just(FaultKind::Timeout),
            Just(FaultKind::RateLimited),
            Just(FaultKind::Auth),
            Just(FaultKind::Unavailable),
            Just(FaultKind::Broken)
        ].prop_map(Some),
    ]
}

pub(crate) fn vendors() -> impl Strategy<Value = Vendors> {
    let piece = prop_oneof![
        Just("好的，今天天气很好。"),
        Just("It is fine, "),
        Just("really. "),
        Just("第二句话来了！")
    ];
    let pieces = prop::collection::vec(piece.prop_map(String::from), 0..6);
    let llm = (1u64..4_000, pieces, fault()).prop_map(|(pace, pieces, fault)| LlmPlan {
        pace: Duration::from_millis(pace),
        pieces,
        fault,
    });
    let tts = (1u64..6_000, 0u64..4_000, fault()).prop_map(|(first, audio, fault)| TtsPlan {
        first_audio: Duration::from_millis(first),
        audio: Duration::from_millis(audio / 20 * 20),
        fault,
    });
    (prop::collection::vec(llm, 1..4), prop::collection::vec(tts, 1..4))
        .prop_map(|(llm, tts)| Vendors { llm, tts })
}

fn endpointing() -> impl Strategy<Value = Endpointing> {
    let silence = || prop::option::of((200u64..2_000).prop_map(Duration::from_millis));
    (turns(), silence(), silence(), any::<bool>()).prop_map(
        |(turns, pause_interval, complete_sentence_silence, filter_one_character)| Endpointing {
            turns,
            pause_interval,
            complete_sentence_silence,
            filter_one_character,
            ..Endpointing::default()
        },
    )
}

fn interruption() -> impl Strategy<Value = Interruption> {
    (mode(), any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(mode, answers, has_words, signal_cuts_high)| Interruption {
            mode,
            words: if has_words { vec!["stop".into(), "嗯".into()] } else { Vec::new() },
            speech_that_may_not_cut: if answers {
                SpeechThatMayNotCut::Answer
            } else {
                SpeechThatMayNotCut::Ignore
            },
            signal_cuts_high,
            ..Interruption::default()
        },
    )
}

fn queue() -> impl Strategy<Value = QueueRules> {
    let lower =
        || prop_oneof![Just(LowerPriority::Refuse), Just(LowerPriority::Drop), Just(LowerPriority::Enqueue)];
    let overflow = prop_oneof![Just(Overflow::RefuseNew), Just(Overflow::DropOldest)];
    (0usize..6, lower(), lower(), overflow, any::<bool>(), any::<bool>()).prop_map(
        |(capacity, lower_clear, lower_enqueue, overflow, higher_enqueue_keeps_queue, clears)| QueueRules {
            capacity,
            lower_clear,
            lower_enqueue,
            overflow,
            higher_enqueue_keeps_queue,
            interrupt_clears_queue: clears,
            ..QueueRules::default()
        },
    )
}

pub(crate) fn config() -> impl Strategy<Value = Config> {
    let spoken = prop_oneof![1 => Just(None), 5 => any::<bool>().prop_map(Some)];
    (prop::option::of(any::<bool>()), spoken, 0usize..3, endpointing(), interruption(), queue()).prop_map(
        |(welcome, voice, segments_ahead, endpointing, interruption, queue)| {
            let welcome =
                welcome.map(|protected| Welcome {
                    text: "你好，欢迎。".into(), protected, in_history: true
                });
            let mut config = Config { welcome, endpointing, interruption, queue, ..Config::default() };
            config.synthesis.enabled = voice.is_some();
            config.synthesis.in_pieces = voice.unwrap_or_default();
            config.synthesis.segments_ahead = segments_ahead;
            config
        },
    )
}

/// The one message an application adds to the history in these runs.
pub(crate) const ADDED: &str = "added by the application";

/// What happened in a run.
pub(crate) struct Run {
    pub(crate) driver: Driver,
    /// The rank of each speech that was asked for.
    pub(crate) ranks: BTreeMap<AppCallId, Priority>,
    /// How much had been said when nothing had happened for ten minutes.
    pub(crate) said_in_time: usize,
}

/// Lets the steps happen, then leaves the conversation alone for ten minutes and stops it.
pub(crate) fn run(config: &Config, vendors: Vendors, steps: &[Step]) -> Run {
    let mut driver = Driver::new(config.clone(), vendors);
    let mut ranks = BTreeMap::new();
    let mut calls = 0;
    let mut app = |driver: &mut Driver, call: AppCall| {
        if driver.core.is_closed() {
            return;
        }
        calls += 1;
        if let AppCall::Speak { options, .. } | AppCall::Ask { options, .. } = &call {
            ranks.insert(AppCallId(calls), options.priority);
        }
        driver.tell(Input::App(AppCallId(calls), call));
    };
    driver.tell(Input::Asr(AsrCallId(1), AsrEvent::Ready));
    for step in steps {
        let at = driver.now;
        match step.clone() {
            Step::Wait(millis) => driver.wait(Duration::from_millis(millis)),
            Step::VoiceStarts => driver.tell(Input::VoiceStarted { at }),
            Step::VoiceStops => driver.tell(Input::VoiceStopped { at }),
            Step::Interim(sentence, text) => {
                let call = stream(&driver);
                driver.tell(Input::Asr(call, AsrEvent::Interim { sentence, text: text.into() }));
            }
            Step::Final(sentence, text) => {
                let call = stream(&driver);
                driver.tell(Input::Asr(call, AsrEvent::Final { sentence, text: text.into() }));
            }
            Step::Text(text) => driver.tell(Input::UserText(text.into())),
            Step::Signal(signal) => driver.tell(Input::Signal(signal)),
            Step::Speak(options) => {
                app(
                    &mut driver,
                    AppCall::Speak { text: "请注意，时间到了。".into(), options, in_history: true },
                );
            }
            Step::Ask(options) => app(
                &mut driver,
                AppCall::Ask {
                    text: "说点什么".into(),
                    system_prompt: None,
                    options,
                    question_in_history: false,
                    answer_in_history: true,
                },
            ),
            Step::Interrupt => app(&mut driver, AppCall::Interrupt),
            Step::AddHistory => {
                let message = Message { role: Role::Assistant, content: ADDED.into() };
                app(&mut driver, AppCall::AddHistory(vec![message]));
            }
            Step::ResetHistory => app(&mut driver, AppCall::ResetHistory),
            Step::Update(turns, mode) => {
                let update = ConfigUpdate {
                    endpointing: Some(Endpointing { turns, ..config.endpointing.clone() }),
                    interruption: Some(Interruption { mode, ..config.interruption.clone() }),
                    ..ConfigUpdate::default()
                };
                app(&mut driver, AppCall::Update(Box::new(update)));
            }
            Step::StopGracefully(patience) => {
                let patience = Some(Duration::from_millis(patience));
                app(&mut driver, AppCall::Stop { patience });
            }
            Step::AsrReady => {
                let call = stream(&driver);
                driver.tell(Input::Asr(call, AsrEvent::Ready));
            }
            Step::AsrEnds(fault) => {
                let call = stream(&driver);
                let failed = |kind| AsrEvent::Failed(VendorFault::new(kind, "planned"));
                driver.tell(Input::Asr(call, fault.map_or(AsrEvent::Closed, failed)));
            }
            Step::StrayLlm(call) => {
                driver.tell(Input::Llm(LlmCallId(call + 1_000), LlmEvent::Delta("stray".into())));
            }
            Step::StrayTts(call) => driver.tell(Input::Tts(TtsCallId(call + 1_000), TtsEvent::FirstAudio)),
            Step::StrayPlayout(call, kind) => {
                let call = TtsCallId(call + 1_000);
                let event = match kind {
                    0 => PlayoutEvent::Started(call),
                    1 => PlayoutEvent::Dry(call),
                    2 => PlayoutEvent::Resumed(call),
                    _ => PlayoutEvent::Ended(call),
                };
                driver.tell(Input::Playout(event));
            }
        }
        let deadline = driver.core.next_deadline();
        assert!(deadline.is_none_or(|at| at > driver.now), "{deadline:?} is not after {:?}", driver.now);
    }
    let at = driver.now;
    driver.tell(Input::VoiceStopped { at });
    driver.tell(Input::Signal(Signal::StopListening));
    driver.wait(Duration::from_secs(600));
    let said_in_time = driver.said.len();
    app(&mut driver, AppCall::Stop { patience: None });
    Run { driver, ranks, said_in_time }
}

/// The recogniser stream opened last.
fn stream(driver: &Driver) -> AsrCallId {
    let opened = driver.said.iter().rev().filter_map(|(_, command)| match command {
        Command::OpenAsr(call) => Some(*call),
        _ => None,
    });
    opened.max().unwrap_or(AsrCallId(1))
}
