# Recipes for `just`. Each is a plain command that works without it.

# List the recipes.
default:
    @just --list

# Everything that has to pass before a change is merged.
ci:
    .ci/run

# The whole suite, or the tests whose names contain a word: `just test verify::`.
test *FILTER:
    cargo test {{FILTER}}

# The simulation with that many seeds, optimised.
sim SEEDS="10000" FIRST="0":
    SIMULATION_SEEDS={{SEEDS}} SIMULATION_FIRST={{FIRST}} cargo test --release --test simulation

# One world of the simulation, with its history.
replay SEED:
    SIMULATION_SEED={{SEED}} cargo test --test simulation no_seed -- --nocapture

# Hostile files, for that many seconds.
fuzz SECONDS="600":
    FUZZ_SECONDS={{SECONDS}} cargo test --lib fuzz -- --ignored --nocapture

# That many histories of a CSV file and its owner.
histories N="1000":
    KILL_SEED=random HISTORIES={{N}} cargo test --test suite histories:: -- --nocapture

# Every call on the checkpoint's files fails once.
faults:
    FAULT_SWEEP=1 cargo test --test suite faults:: -- --nocapture

# A million tickets with two million comments: writes a gigabyte.
memory:
    cargo test --release --test memory -- --ignored --nocapture

# Changes the decisions one by one and asks whether a test notices. Needs cargo-mutants.
mutants FILES="src/lifecycle/*.rs":
    cargo mutants -f '{{FILES}}' -- --lib lifecycle

# What a row costs, step by step.
bench *FILTER:
    cargo bench --bench hot_paths {{FILTER}}

# Check with the oldest toolchain that is promised. Needs rustup.
msrv:
    #!/usr/bin/env bash
    set -euo pipefail
    msrv=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
    rustup toolchain install "$msrv" --profile minimal --no-self-update
    cargo "+$msrv" check --locked --lib --bins

# Licences, advisories and sources of the dependencies. Needs cargo-deny.
deny:
    cargo deny check
