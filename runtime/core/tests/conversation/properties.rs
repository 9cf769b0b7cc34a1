//! Promises of the core over arbitrary interleavings of users, applications, vendors and strays.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bargein_core::{
    AppCall, AppCallId, AsrCallId, AsrEvent, Command, Config, FaultKind, Input, LlmCallId, LlmEvent, Message,
    Notice, PlayoutEvent, Priority, QueueRules, RequestId, Role, RoundId, SamePriority, Signal, Speaker,
    SpeechOptions, TtsCallId, TtsEvent, TurnEnd, Turns, Welcome,
};
use proptest::prelude::*;

use crate::driver::{self, Driver, LlmPlan, TtsPlan, Vendors};

#[derive(Clone, Debug)]
enum Step {
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

fn step() -> impl Strategy<Value = Step> {
    let signal =
        prop_oneof![Just(Signal::Interrupt), Just(Signal::StartListening), Just(Signal::StopListening)];
    prop_oneof![
        6 => (1u64..1_500).prop_map(Step::Wait),
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

fn vendors() -> impl Strategy<Value = Vendors> {
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

fn config() -> impl Strategy<Value = Config> {
    (any::<bool>(), any::<bool>(), 0usize..6, any::<bool>()).prop_map(
        |(welcome, walkie_talkie, capacity, enabled)| {
            let mut config = Config {
                welcome: welcome.then(|| Welcome {
                    text: "你好，欢迎。".into(),
                    protected: true,
                    in_history: true,
                }),
                queue: QueueRules { capacity, ..QueueRules::default() },
                ..Config::default()
            };
            config.synthesis.enabled = enabled || welcome;
            if walkie_talkie {
                config.endpointing.turns = Turns::WalkieTalkie;
            }
            config
        },
    )
}

/// The one message an application adds to the history in these runs.
const ADDED: &str = "added by the application";

fn run(config: &Config, vendors: Vendors, steps: &[Step]) -> Driver {
    let mut driver = Driver::new(config.clone(), vendors);
    let mut calls = 0;
    let mut app = |driver: &mut Driver, call: AppCall| {
        calls += 1;
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
                driver.tell(Input::Asr(AsrCallId(1), AsrEvent::Interim { sentence, text: text.into() }));
            }
            Step::Final(sentence, text) => {
                driver.tell(Input::Asr(AsrCallId(1), AsrEvent::Final { sentence, text: text.into() }));
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
    app(&mut driver, AppCall::Stop { patience: None });
    driver
}

/// What was heard has its spaces where segments join, what was written where the model put them.
fn without_spaces(text: &str) -> String {
    text.split_whitespace().collect()
}

/// One pass over what was said, failing at the first broken promise.
fn check(config: &Config, driver: &Driver) {
    let mut open: BTreeSet<(RoundId, u8)> = BTreeSet::new();
    let mut begun: BTreeSet<(RoundId, u8)> = BTreeSet::new();
    let mut calls: BTreeMap<TtsCallId, (RoundId, RequestId)> = BTreeMap::new();
    let mut cancelled: BTreeSet<TtsCallId> = BTreeSet::new();
    let mut played: Vec<(RoundId, RequestId)> = Vec::new();
    let mut in_flight = driver.calls_in_flight();
    let mut is_playout_stopped = true;
    let mut heard: BTreeSet<String> = BTreeSet::from([without_spaces(ADDED)]);
    let mut waiting: BTreeSet<RoundId> = BTreeSet::new();
    let mut answered: BTreeSet<AppCallId> = BTreeSet::new();
    let side = |of: Speaker| u8::from(of == Speaker::Agent);
    for (at, command) in &driver.said {
        match command {
            Command::Notify(Notice::TurnStarted { round, of }) => {
                assert!(begun.insert((*round, side(*of))), "{at}: the turn {round:?} of {of:?} began twice");
                assert!(
                    !open.iter().any(|(_, other)| *other == side(*of) && *of == Speaker::Agent),
                    "{at}: a second agent turn began"
                );
                open.insert((*round, side(*of)));
                if *of == Speaker::Agent {
                    waiting.remove(round);
                }
            }
            Command::Notify(Notice::TurnEnded { round, of, text, why }) => {
                let is_cut =
                    *of == Speaker::Agent && matches!(why, TurnEnd::Interrupted(_) | TurnEnd::Stopped);
                assert!(is_playout_stopped || !is_cut, "{at}: {round:?} was cut and its audio goes on");
                assert!(
                    open.remove(&(*round, side(*of))),
                    "{at}: the turn {round:?} of {of:?} ended without beginning"
                );
                if *of == Speaker::Agent {
                    heard.insert(without_spaces(text));
                }
            }
            Command::Notify(Notice::Accepted { call, round }) => {
                assert!(answered.insert(*call), "{at}: {call:?} was answered twice");
                if let Some(round) = round {
                    waiting.insert(*round);
                }
                assert!(waiting.len() <= config.queue.capacity + 1, "{at}: too many wait");
            }
            Command::Notify(Notice::Refused { call, .. }) => {
                assert!(answered.insert(*call), "{at}: {call:?} was answered twice");
            }
            Command::Notify(Notice::SpeechDropped { round }) => {
                assert!(waiting.remove(round), "{at}: {round:?} was dropped without waiting");
            }
            Command::StartTts(call, request) => {
                calls.insert(*call, (request.round, request.request));
                assert!(open.contains(&(request.round, 1)), "{at}: synthesis outside its turn");
                assert!(!request.text.trim().is_empty(), "{at}: nothing to say");
            }
            Command::CancelTts(call) => {
                cancelled.insert(*call);
                in_flight.tts.remove(call);
            }
            Command::CancelLlm(call) => {
                in_flight.llm.remove(call);
            }
            Command::StopPlayout => is_playout_stopped = true,
            Command::Play(call) => {
                assert!(!cancelled.contains(call), "{at}: {call:?} was cancelled and is played");
                let (round, request) = calls[call];
                assert!(open.contains(&(round, 1)), "{at}: {round:?} is over and is played");
                let last = played.last().filter(|(other, _)| *other == round);
                assert!(
                    last.is_none_or(|(_, last)| *last < request),
                    "{at}: {call:?} is played out of order"
                );
                played.push((round, request));
                is_playout_stopped = false;
            }
            Command::StartLlm(_, request) => {
                for message in request.messages.iter().filter(|message| message.role == Role::Assistant) {
                    assert!(
                        heard.contains(&without_spaces(&message.content)),
                        "{at}: {:?} was never heard",
                        message.content
                    );
                }
            }
            _ => {}
        }
    }
    assert!(open.is_empty(), "turns never ended: {open:?}");
    assert!(in_flight.llm.is_empty() && in_flight.tts.is_empty(), "calls left open: {in_flight:?}");
    assert!(waiting.is_empty(), "speeches lost silently: {waiting:?}");
    let asked = driver.journal.iter().filter(|(_, input)| matches!(input, Some(Input::App(..)))).count();
    assert_eq!(answered.len(), asked, "every call is answered");
    assert!(driver.core.is_closed());
    assert_eq!(driver.core.next_deadline(), None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_promise_holds_in_any_interleaving(
        config in config(),
        vendors in vendors(),
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let driver = run(&config, vendors, &steps);
        check(&config, &driver);
        let again = driver::replay(config.clone(), &driver.journal);
        let said: Vec<_> = driver.said.into_iter().map(|(_, command)| command).collect();
        prop_assert_eq!(again, said, "the journal replays to the same commands");
    }
}
