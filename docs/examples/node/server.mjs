// A custom-TTS server around espeak-ng: POST a text, hear it while it is still being spoken.
//
//     apt-get install nodejs espeak-ng sox        (nothing from npm)
//     TTS_KEY=secret node server.mjs 8080
//     bargein check tts http://127.0.0.1:8080/stream-audio --key secret
//
// espeak-ng stands for your own engine: replace `speech`, keep the rest.

import { spawn } from 'node:child_process';
import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';

const KEY = process.env.TTS_KEY ?? ''; // Without a key, everybody may speak at your cost.
const RATES = [8000, 16000, 24000, 48000];
const TYPES = new Map([['wav', 'audio/wav'], ['pcm', 'audio/L16']]);
const LONGEST = 5_000; // Characters of one request.
const LARGEST = 1_048_576; // Bytes of a request's body.
const SPEAKERS = 32; // Voices at once. Who comes after them is told so at once.
let speaking = 0;

/** The only failure a client understands: a JSON body. Its type, not its status, says so. */
class Refused extends Error {
    constructor(status, code, message, headers = {}) {
        super(message);
        Object.assign(this, { status, code, headers });
    }
}

/** Signed 16-bit little-endian samples of a text, made while they are read. Aborting ends the work. */
function speech(text, rate, channels, signal) {
    const voice = /[\u3400-\u9fff]/.test(text) ? ['-v', 'cmn', '-s', '220'] : ['-v', 'en', '-s', '160'];
    const espeak = spawn('espeak-ng', [...voice, '--stdin', '--stdout'], { signal });
    const shape = ['-t', 'raw', '-e', 'signed', '-b', '16', '-r', `${rate}`, '-c', `${channels}`, '-', 'gain', '-2'];
    const sox = spawn('sox', ['-V1', '--buffer', '2048', '--ignore-length', '-t', 'wav', '-', ...shape], { signal });
    for (const part of [espeak, sox, espeak.stdin, espeak.stdout, sox.stdin, sox.stdout]) {
        part.on('error', () => {}); // An aborted process is no news; one that cannot start gives no sound.
    }
    espeak.stdout.pipe(sox.stdin);
    espeak.stdin.end(text);
    return sox.stdout;
}

/** At most 100 ms each and never half a sample, so that a client can play what it has. */
async function* pieces(samples, rate, channels) {
    const size = (rate / 10) * channels * 2;
    let left = Buffer.alloc(0);
    for await (const read of samples) {
        left = Buffer.concat([left, read]);
        for (; left.length >= size; left = left.subarray(size)) yield left.subarray(0, size);
    }
    if (left.length > 0) yield left;
}

/** 44 bytes. The length is not known yet, so both sizes say so. */
function wavHeader(rate, channels) {
    const header = Buffer.alloc(44, 0xff);
    header.write('RIFF', 0, 'latin1');
    header.write('WAVEfmt ', 8, 'latin1');
    header.writeUInt32LE(16, 16);
    header.writeUInt16LE(1, 20);
    header.writeUInt16LE(channels, 22);
    header.writeUInt32LE(rate, 24);
    header.writeUInt32LE(rate * channels * 2, 28);
    header.writeUInt16LE(channels * 2, 32);
    header.writeUInt16LE(16, 34);
    header.write('data', 36, 'latin1');
    return header;
}

/** Before the body is read: who may not speak shall not cost anything. */
function authorize(request) {
    const [, key] = /^bearer +(.*)$/i.exec(request.headers.authorization ?? '') ?? [];
    const digest = (text) => createHash('sha256').update(text).digest();
    const right = key !== undefined && timingSafeEqual(digest(key.trim()), digest(KEY));
    if (KEY && !right) throw new Refused(401, 'unauthorized', 'the key is missing or wrong');
}

/** What shall be spoken, and how. What is not understood is refused, never replaced in silence. */
async function readOrder(request) {
    const parts = [];
    let length = 0;
    for await (const part of request) {
        length += part.length;
        if (length > LARGEST) throw new Refused(413, 'body_too_large', `a body may have ${LARGEST} bytes`);
        parts.push(part);
    }
    let order;
    try {
        // Takes a byte order mark away, and refuses what is not UTF-8.
        order = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts)));
    } catch {
        throw new Refused(400, 'bad_json', 'the body is not JSON in UTF-8');
    }
    if (typeof order?.Text !== 'string') throw new Refused(400, 'no_text', '`Text` must be a string');
    const { Text, Format = 'wav', SampleRate = 16000, Channel = 1 } = order;
    if (!TYPES.has(Format)) throw new Refused(400, 'bad_format', '`Format` must be `wav` or `pcm`');
    if (!RATES.includes(SampleRate)) {
        throw new Refused(400, 'bad_sample_rate', `\`SampleRate\` must be one of ${RATES.join(', ')}`);
    }
    if (Channel !== 1 && Channel !== 2) throw new Refused(400, 'bad_channel', '`Channel` must be 1 or 2');
    if (Text.length > LONGEST) throw new Refused(413, 'text_too_long', `\`Text\` may have ${LONGEST} characters`);
    // Only what can be spoken: no tags, no control characters, no halves of characters, no emoji with their names.
    const text = Text.toWellFormed().replace(/<\/?[a-z][^<>]*>|[^\P{C}\n]|[\u{1f000}-\u{1ffff}]|\ufffd/gu, ' ');
    if (!/[\p{L}\p{N}]/u.test(text)) throw new Refused(400, 'nothing_to_speak', '`Text` has no letter and no digit');
    return { text, format: Format, rate: SampleRate, channels: Channel };
}

async function speak(request, response, signal) {
    const { text, format, rate, channels } = await readOrder(request);
    if (speaking >= SPEAKERS) throw new Refused(429, 'busy', 'all voices are speaking', { 'Retry-After': '1' });
    speaking += 1;
    try {
        for await (const piece of pieces(speech(text, rate, channels, signal), rate, channels)) {
            const head = { 'Content-Type': TYPES.get(format), 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' };
            const asked = request.headers['x-request-id'];
            // The head is sent only when there is sound: from then on a failure can only break the connection.
            const isFirst = !response.headersSent;
            if (isFirst) response.writeHead(200, asked ? { ...head, 'X-Request-Id': asked } : head);
            const bytes = isFirst && format === 'wav' ? Buffer.concat([wavHeader(rate, channels), piece]) : piece;
            if (!response.write(bytes)) await once(response, 'drain', { signal }); // A slow reader is waited for.
        }
        if (!response.headersSent) throw new Refused(500, 'engine_failed', 'the engine gave no sound');
        response.end();
    } finally {
        speaking -= 1;
    }
}

const server = createServer(async (request, response) => {
    const gone = new AbortController(); // The client hangs up when the user interrupts: then nobody shall go on working.
    response.on('close', () => gone.abort());
    response.setTimeout(15_000); // A reader that is stuck is left; Node looks twice.
    try {
        if (request.url === '/health' && request.method === 'GET') return void response.end('ok');
        if (request.url !== '/stream-audio') throw new Refused(404, 'not_found', 'the path is /stream-audio');
        if (request.method !== 'POST') throw new Refused(405, 'method_not_allowed', 'POST it', { Allow: 'POST' });
        authorize(request);
        await speak(request, response, gone.signal);
    } catch (error) {
        if (response.headersSent || response.destroyed) return void response.destroy();
        const { status = 500, code = 'internal', headers = {}, message } = error instanceof Refused ? error : {};
        response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
        response.end(JSON.stringify({ error: { code, message: message ?? 'the server failed' } }));
    }
});
server.keepAliveTimeout = 75_000;
server.listen(Number(process.argv[2]), '127.0.0.1');
