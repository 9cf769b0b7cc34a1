//! HTTP and the head of the answer: the rules. The judgements are in `head` and `requests`.

mod head;
mod requests;

use crate::check::catalogue::{Check, Entry, Level, Pace};

/// The checks of the group.
pub(super) const CHECKS: &[Check] = &[
    Check {
        entry: Entry::new("HTTP-01", Level::Must, "a plain request is answered with status 200")
            .rule("POST over HTTP/1.1, T-ZH, everything by default", "status 200 and a body with an end")
            .advice(
                "the base case: all others need it",
                "the path or the key is not the configured one, or the server redirects",
                "answer POST on exactly the configured APIUrl with 200, and never redirect",
            )
            .quick(),
        judge: |cx| Box::pin(head::status(cx)),
    },
    Check {
        entry: Entry::new("HTTP-02", Level::Must, "the answer is HTTP/1.1")
            .rule("T-ZH", "a status line of HTTP/1.1")
            .advice(
                "chunked transfer does not exist in HTTP/1.0, and its connections are used once",
                "a server of a language's standard library that speaks 1.0 unless told otherwise",
                "set the protocol version to HTTP/1.1, or put the server behind one that speaks it",
            )
            .quick(),
        judge: |cx| Box::pin(head::version(cx)),
    },
    Check {
        entry: Entry::new("HTTP-03", Level::Must, "the answer is chunked, and says so once")
            .rule("T-ZH", "exactly one header `Transfer-Encoding: chunked`")
            .advice(
                "the platform checks it by force",
                "the framework knows the whole body and sends a Content-Length instead",
                "answer with a stream or generator, so that the length is not known when the head is sent",
            )
            .quick(),
        judge: |cx| Box::pin(head::chunked(cx)),
    },
    Check {
        entry: Entry::new("HTTP-04", Level::Must, "no Content-Length stands beside the chunks")
            .rule("T-ZH", "no Content-Length in an answer that is chunked")
            .advice(
                "two lengths of one message are how requests are smuggled, so clients may refuse it (RFC 9112, 6.1)",
                "a handler sets Content-Length by hand and the server adds chunking",
                "remove the Content-Length",
            )
            .quick(),
        judge: |cx| Box::pin(head::no_length(cx)),
    },
    Check {
        entry: Entry::new("HTTP-05", Level::Must, "there is exactly one Content-Type")
            .rule("T-ZH", "exactly one header Content-Type")
            .advice(
                "success or failure is decided by it",
                "the framework adds its default beside the handler's own, or none at all",
                "set the type where the streaming answer is made",
            )
            .quick(),
        judge: |cx| Box::pin(head::one_type(cx)),
    },
    Check {
        entry: Entry::new("HTTP-06", Level::Must, "wav is audio/wav")
            .rule("T-ZH as wav", "the media type audio/wav, in any letter case and with any parameters")
            .advice(
                "the client looks the type up in an exact table",
                "audio/x-wav, audio/wave or application/octet-stream from a table of file endings",
                "set Content-Type: audio/wav",
            )
            .quick(),
        judge: |cx| Box::pin(head::wav_type(cx)),
    },
    Check {
        entry: Entry::new("HTTP-07", Level::Must, "pcm is audio/L16")
            .rule("T-ZH as pcm", "the media type audio/L16, in any letter case and with any parameters")
            .advice(
                "the client looks the type up in an exact table",
                "audio/pcm or application/octet-stream",
                "set Content-Type: audio/L16",
            )
            .quick(),
        judge: |cx| Box::pin(head::pcm_type(cx)),
    },
    Check {
        entry: Entry::new("HTTP-08", Level::Should, "the parameters of audio/L16 are true")
            .rule("T-ZH as pcm at 24000 Hz", "`rate` and `channels`, where they are given, equal what was asked for")
            .advice(
                "a client that trusts them plays at the wrong pitch",
                "a constant in the header",
                "write the rate and channels of this answer, or leave the parameters out",
            ),
        judge: |cx| Box::pin(head::type_parameters(cx)),
    },
    Check {
        entry: Entry::new("HTTP-09", Level::Must, "no success is empty")
            .rule("the whole run", "no answer of status 200 and an audio type without a byte of audio, but for texts of marks and blanks")
            .advice(
                "the head was sent before the server knew whether it could speak: a silent agent and no error",
                "the stream is opened first and the synthesis fails behind it",
                "send the head with the first audio, and an error in the protocol's form when none comes",
            )
            .pace(Pace::Last),
        judge: |cx| Box::pin(head::never_empty(cx)),
    },
    Check {
        entry: Entry::new("HTTP-10", Level::Must, "audio is not compressed by HTTP")
            .rule("T-ZH with Accept-Encoding: gzip, br", "no Content-Encoding")
            .advice(
                "compression holds audio back, and the player cannot read it",
                "a gzip middleware for every answer",
                "leave audio types out of the compression",
            ),
        judge: |cx| Box::pin(head::no_encoding(cx)),
    },
    Check {
        entry: Entry::new("HTTP-11", Level::Should, "a healthy answer keeps its connection")
            .rule("T-ZH", "no `Connection: close`")
            .advice(
                "a new connection for each sentence costs one to three round trips",
                "keep-alive is off in the server or the proxy before it",
                "turn keep-alive on",
            ),
        judge: |cx| Box::pin(head::keeps_connection(cx)),
    },
    Check {
        entry: Entry::new("HTTP-12", Level::Should, "nobody is told to keep or hold back the answer")
            .rule("T-ZH", "no Cache-Control that allows caching; behind nginx, X-Accel-Buffering: no")
            .advice(
                "proxies that buffer destroy the time to the first audio",
                "defaults of a proxy or a content network",
                "send Cache-Control: no-store and X-Accel-Buffering: no",
            ),
        judge: |cx| Box::pin(head::no_cache(cx)),
    },
    Check {
        entry: Entry::new("HTTP-13", Level::May, "the request's id is echoed")
            .rule("T-ZH with X-Request-Id", "the same X-Request-Id in the answer")
            .advice(
                "support can join the logs of both sides",
                "nobody asked for it",
                "copy X-Request-Id into the answer",
            ),
        judge: |cx| Box::pin(head::echo(cx)),
    },
    Check {
        entry: Entry::new("HTTP-14", Level::Should, "only POST speaks")
            .rule("GET, PUT and DELETE on the path", "405 or 404, with JSON or nothing, within a second")
            .advice(
                "scanners and health checks must not start a synthesis",
                "a route for every method",
                "route POST only",
            ),
        judge: |cx| Box::pin(requests::methods(cx)),
    },
    Check {
        entry: Entry::new("HTTP-15", Level::Should, "a wrong path is 404")
            .rule("T-ZH to the path and /nope", "status 404")
            .advice(
                "a wrong APIUrl must be seen",
                "a route that takes whatever begins like it",
                "answer 404 on every other path",
            ),
        judge: |cx| Box::pin(requests::wrong_path(cx)),
    },
    Check {
        entry: Entry::new("HTTP-16", Level::Should, "a client that asks before it sends is answered")
            .rule("T-ZH with Expect: 100-continue, the body only after the answer", "100 or the final answer within a second, then 200")
            .advice(
                "some clients ask for bodies over 1 KiB, and wait",
                "a server that does not know the header",
                "answer 100 Continue, or put a server before it that does",
            ),
        judge: |cx| Box::pin(requests::expects_continue(cx)),
    },
    Check {
        entry: Entry::new("HTTP-17", Level::Must, "a request may come in pieces")
            .rule("T-ZH: in one write; the body 300 ms after the head; the body byte by byte", "the same audio each time")
            .advice(
                "TCP splits bodies where it likes",
                "one read, taken for the whole request",
                "read until Content-Length bytes are there",
            ),
        judge: |cx| Box::pin(requests::in_pieces(cx)),
    },
    Check {
        entry: Entry::new("HTTP-18", Level::Should, "a chunked request is served or refused at once")
            .rule("T-ZH, the request itself chunked", "200, or 411 or 400 within a second")
            .advice(
                "proxies frame requests anew",
                "a server that reads by Content-Length only, and waits",
                "decode chunked bodies, or refuse them with 411",
            ),
        judge: |cx| Box::pin(requests::chunked_request(cx)),
    },
    Check {
        entry: Entry::new("HTTP-19", Level::Should, "headers in lower case, unknown and many, change nothing")
            .rule("T-ZH with names in lower case; with unknown headers; with 4 KiB of them", "the same answer")
            .advice(
                "gateways between HTTP/2 and 1.1 write names in lower case, and platforms add headers",
                "a lookup that compares letter by letter, or a small limit",
                "compare names without case, and allow 16 KiB of headers",
            ),
        judge: |cx| Box::pin(requests::other_headers(cx)),
    },
    Check {
        entry: Entry::new("HTTP-20", Level::May, "whether HTTP/2 is spoken too")
            .rule("the connection preface of HTTP/2", "reported")
            .advice(
                "HTTP/2 has no Transfer-Encoding, so the protocol needs 1.1; HTTP/2 may stand beside it",
                "",
                "nothing: keep HTTP/1.1",
            ),
        judge: |cx| Box::pin(requests::http2(cx)),
    },
    Check {
        entry: Entry::new("HTTP-21", Level::Must, "lengths that lie are not believed")
            .rule(
                "two Content-Length that differ; one larger than the body, then 5 s of silence, with T-ZH beside it",
                "no audio for either; 400 or a close for the first; the server goes on serving",
            )
            .advice(
                "requests are smuggled through lengths that differ, and one slow sender must not stop the others",
                "a hand-written parser that takes the first length, or one thread for all",
                "refuse such requests with 400, and read each connection by itself",
            ),
        judge: |cx| Box::pin(requests::false_lengths(cx)),
    },
];
