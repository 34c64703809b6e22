#!/usr/bin/env bash
# Audits the nets of papers and redoes each trace in JAX; then breaks one convention at a time, which must be noticed. Usage:
# tests/replay/nets.sh [FOLDER]; ADVERSARIA and PYTHON as in run.sh. maxout-2014 needs MNIST (`cargo xtask data`).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-$(mktemp -d)}
adversaria=${ADVERSARIA:-adversaria}
python=${PYTHON:-python3}
mkdir -p "$folder"

audit() {
    "$adversaria" audit "$2" --backend cpu --steps "$3" --out "$folder/$1.safetensors" >"$folder/$1.log" 2>&1 ||
        { cat "$folder/$1.log" >&2; exit 2; }
}
# Adam's first steps have the sign of the gradient, and of a gradient below its own rounding any sign: the paper's rate of
# 1e-4 alone would then leave two runs in single precision 1e-4 apart. SGD steps by gradients as they are; its rates are low
# because hundreds of kinks make what is flung about differ in single and double precision.
audit pacgan "data=ring8&sigma=0.007&g=pacgan-2d&d=pacgan-2d&batch=100&order=simultaneous&optd=sgd:0.1:0.5&optg=sgd:0.3:0.5" 6
adam=adam:0.00002:0.8:0.999
audit pacgan-turns "data=grid25&sigma=0.01&g=pacgan-2d&d=pacgan-2d&batch=37&kd=2&kg=2&optd=$adam&optg=$adam" 5
# Rates at which D's scores leave 0 within a few updates, so that it matters what is dropped.
sgd=sgd:0.5:0.5
audit maxout "data=mnist&z=uniform:100&g=maxout-2014&d=maxout-2014&batch=20&optd=$sgd&optg=$sgd&lrdecay=exp:0.999996000016" 12
audit widths "data=swissroll&g=12,9&d=10,8&gact=maxout:2&dact=maxout:4&batch=30" 60

traces=()
for trace in pacgan pacgan-turns maxout widths; do
    traces+=("$folder/$trace.safetensors")
done
"$python" "$here/nets.py" "${traces[@]}"

# fault FAULT TRACE: the replay must end with 1.
fault() {
    local status=0
    "$python" "$here/nets.py" --fault "$1" "$folder/$2.safetensors" >"$folder/fault.log" 2>&1 || status=$?
    if [ "$status" -ne 1 ] || ! grep -q '^DISAGREES' "$folder/fault.log"; then
        cat "$folder/fault.log"
        echo "the planted fault $1 was not noticed (status $status)" >&2
        exit 1
    fi
    echo "noticed: $1"
}
fault biased-running-variance pacgan-turns
fault statistics-in-updates-of-d pacgan
fault running-statistics-in-updates pacgan
fault masks-of-real-and-fake-swapped maxout
fault dropout-left-out-in-updates-of-g maxout
fault units-of-maxout-apart widths
