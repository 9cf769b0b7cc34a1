# One recipe for each check; .ci/run runs the same commands. `just` alone lists them.

_list:
    @just --list

# Everything CI runs.
ci:
    .ci/run

# All tests.
test:
    cargo test --workspace

# All scenarios, in virtual time.
scenarios *ARGS:
    cargo run --release -- test scenarios {{ARGS}}

# The smoke scenarios over sockets and real time.
smoke:
    cargo run --release -- test scenarios --real

# The vendors' official clients against the mocks (needs Python and Node); `just clients openai` runs one vendor's.
clients *VENDORS:
    tests/clients/run {{VENDORS}}

# Formats the code.
fmt:
    cargo fmt --all

# Whether the code is formatted.
fmt-check:
    cargo fmt --all --check

# Lints, warnings denied.
clippy:
    cargo clippy --workspace --all-targets -- -D warnings

# The OpenAPI document of the doors against a running server.
openapi *ARGS:
    tests/openapi/run {{ARGS}}

# The reports of the checks in a headless Chromium.
report-pages:
    tests/report/run

# The example servers of docs/examples, checked.
examples *NAMES:
    tests/examples/run {{NAMES}}

# The house rules alone.
tidy:
    cargo test -p bargein --test tidy

# The API documentation, warnings denied.
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# Licences, bans, sources (`cargo install cargo-deny --locked`).
deny:
    cargo deny check licenses bans sources

# Known vulnerabilities; fetches the advisory database.
advisories:
    cargo deny check advisories

# The book, in target/book (`cargo install mdbook --locked`).
book:
    mdbook build

# A minute of conversation in virtual time, beside its floor (docs/benches.md).
bench-replay:
    cargo bench -p bargein-benches --bench replay

# How far the checker's own figures are off, over sockets: within 1 ms on an idle machine, or exit code 4.
bench-checker:
    cargo bench -p bargein-benches --bench checker

# Many conversations at once in real time: some nine minutes on an idle machine (docs/benches.md).
bench-sessions *ARGS:
    cargo run --release -p bargein-benches --bin sessions -- {{ARGS}}

# What the LLM proxy and the TTS server add, beside a bare reverse proxy and beside none (docs/benches.md).
bench-proxy *ARGS:
    cargo run --release -p bargein-benches --bin proxy -- {{ARGS}}
