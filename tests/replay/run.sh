#!/usr/bin/env bash
# Audits every loss x optimiser x order and redoes each trace in JAX; then breaks one convention at a time, which must
# be noticed. Usage: tests/replay/run.sh [FOLDER]; ADVERSARIA names the command line (default: adversaria on PATH),
# PYTHON a Python that has tests/replay/requirements.txt. Writes FOLDER/RESULTS.md.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-$(mktemp -d)}
adversaria=${ADVERSARIA:-adversaria}
python=${PYTHON:-python3}
mkdir -p "$folder"
table=$folder/RESULTS.md
base="data=ring8&g=16,16&d=16,16&gact=tanh&dact=tanh&batch=30"

traces=()
# audit NAME ADDRESS ITERATIONS
audit() {
    "$adversaria" audit "$2" --backend cpu --steps "$3" --out "$folder/$1.safetensors" >"$folder/$1.log" 2>&1 ||
        { cat "$folder/$1.log" >&2; exit 2; }
    traces+=("$folder/$1.safetensors")
}

for loss in minimax nonsaturating leastsquares wasserstein hinge; do
    for opt in sgd:0.05 sgd:0.02:0.9 adam:0.001 rmsprop:0.001:0.9; do
        # Hinge lets G run away at an effective rate of 0.2, and single precision then departs from double in JAX too.
        [ $loss:$opt = hinge:sgd:0.02:0.9 ] && opt=sgd:0.005:0.9
        for order in "kd=1" "kd=2" "order=simultaneous"; do
            [ "$order" = "kd=2" ] && steps=67 || steps=100
            reg=none
            [ $loss = wasserstein ] && reg=clip:0.1
            audit "$loss-${opt//:/_}-${order//=/_}" \
                "$base&loss=$loss&optd=$opt&optg=$opt&$order&reg=$reg" "$steps"
        done
    done
done
for act in relu leaky:0.2 sigmoid elu softplus sine; do
    audit "act-${act//:/_}" "data=bimodal&g=12,12&d=12,12&batch=37&gact=$act&dact=$act" 100
done
audit out-tanh "$base&gout=tanh" 100
audit out-sigmoid "data=ring8&g=20&d=&gact=tanh&z=uniform:5&gout=sigmoid&batch=30" 100
audit linear-map "data=gaussian1d&g=&d=6&batch=1&optd=sgd:0.01&optg=sgd:0.01" 100
audit deep "data=swissroll&z=uniform:3&g=9,8,7,6&d=5,6,7,8&batch=9&optd=adam:0.0005:0.5:0.9&optg=rmsprop:0.0005" 100
audit decay-cosine "$base&lrdecay=cosine:80&optd=sgd:0.1&optg=sgd:0.1" 100
audit decay-exp "$base&lrdecay=exp:0.98&kg=2&optd=adam:0.002&optg=adam:0.002" 67
audit clip "$base&reg=clip:0.05&loss=wasserstein&optd=rmsprop:0.0005&optg=rmsprop:0.0005&kd=5" 34
audit r1 "$base&reg=r1:2" 100
audit r1-softplus "data=bimodal&g=12&d=12,12&dact=softplus&batch=37&reg=r1:10" 100
audit r1-leaky "data=ring8&g=16,16&d=16,16&gact=tanh&dact=leaky:0.2&batch=30&reg=r1:0.5&order=simultaneous&optd=sgd:0.02&optg=sgd:0.02" 100
audit gp "$base&reg=gp:1&loss=wasserstein&kd=3" 50
audit gp-relu "data=swissroll&g=16,16&d=16,16&batch=30&reg=gp:0.1&loss=wasserstein" 100
audit noise "$base&reg=noise:0.3+r1:1&order=simultaneous" 100
audit noise-gp "$base&reg=noise:0.2+gp:1" 100
audit spectral "$base&reg=spectral&loss=hinge&kd=2" 67
audit spectral-r1 "$base&reg=spectral+r1:1&order=simultaneous" 100
audit pack "$base&pack=2" 100
audit pack-gp "data=bimodal&g=12&d=12,12&dact=tanh&batch=19&pack=3&reg=gp:1+noise:0.1" 100
audit cond "$base&cond=1" 100
audit cond-pack "data=bimodal&g=12&d=12,12&dact=tanh&batch=19&pack=2&cond=1&reg=r1:1" 100
audit unroll-sgd "$base&unroll=3&optd=sgd:0.1&optg=sgd:0.1" 50
audit unroll-momentum "$base&unroll=2&optd=sgd:0.05:0.5&optg=sgd:0.05&loss=minimax&reg=noise:0.1" 50
audit unroll-adam "$base&unroll=2&cond=1" 50
audit unroll-rmsprop "$base&unroll=2&optd=rmsprop:0.001:0.9&optg=rmsprop:0.001:0.9&pack=2" 50
audit unroll-spectral "$base&unroll=2&optd=sgd:0.05&reg=spectral" 50
ema="$base&ema=0.95"
audit ema "$ema" 100
"$adversaria" train "$ema" --backend cpu --steps 100 --out "$folder/ema" >"$folder/ema.log" 2>&1
traces[-1]+=",$folder/ema/checkpoint.safetensors"

{
    echo "# Audit traces redone in JAX"
    echo
    echo "$(date -u +%F), \`tests/replay/run.sh\` on the CPU backend;" \
        "$("$python" -c 'import jax, numpy, sys; print(f"jax {jax.__version__}, numpy {numpy.__version__}, Python {sys.version.split()[0]}")'), double precision."
    echo "Largest |a − b| / max(1, |b|) over all losses, all final parameters and, with \`ema\`, the average of G; 1e-4 is allowed."
    echo "Rates are sane ones: with hinge and sgd:0.02:0.9 (effectively 0.2) G is flung out of D's reach and back, and JAX in" \
        "single precision leaves JAX in double by 4e-2 there too; hinge takes sgd:0.005:0.9."
    echo "Unless a row says otherwise: \`$base\`, alternating, kd=kg=1; sgd:rate:momentum, rmsprop:rate:α."
    echo
    echo "| run | updates | losses | parameters | average of G |"
    echo "|---|---|---|---|---|"
} >"$table"
"$python" "$here/replay.py" --table "$table" "${traces[@]}" | tee "$folder/replay.log"
printf '\n%s.\n\n' "$(tail -1 "$folder/replay.log")" >>"$table"

# fault FAULT TRACE: the replay must end with 1.
fault() {
    local status=0
    "$python" "$here/replay.py" --fault "$1" "$2" >"$folder/fault.log" 2>&1 || status=$?
    if [ "$status" -ne 1 ] || ! grep -q '^DISAGREES' "$folder/fault.log"; then
        cat "$folder/fault.log"
        echo "the planted fault $1 was not noticed (status $status)" >&2
        exit 1
    fi
    echo "| $1 | $(grep -o 'largest deviation [^ ]*' "$folder/fault.log" | cut -d' ' -f3) |" >>"$table"
    echo "noticed: $1"
}
{
    echo "Planted faults: one convention broken in the replay, which must then disagree."
    echo
    echo "| fault | deviation |"
    echo "|---|---|"
} >>"$table"
trace() { echo "$folder/$1.safetensors"; }
fault adam-epsilon-inside-the-root "$(trace nonsaturating-adam_0.001-kd_1)"
fault adam-without-bias-correction "$(trace hinge-adam_0.001-kd_2)"
fault momentum-with-dampening "$(trace minimax-sgd_0.02_0.9-kd_1)"
fault rmsprop-epsilon-inside-the-root "$(trace leastsquares-rmsprop_0.001_0.9-order_simultaneous)"
fault minimax-for-nonsaturating "$(trace nonsaturating-sgd_0.05-kd_1)"
fault leastsquares-without-the-half "$(trace leastsquares-sgd_0.05-kd_1)"
fault hinge-for-the-generator-too "$(trace hinge-sgd_0.05-kd_1)"
fault wasserstein-sign "$(trace wasserstein-sgd_0.05-kd_1)"
fault no-clip "$(trace clip)"
fault one-after-the-other "$(trace nonsaturating-sgd_0.05-order_simultaneous)"
fault no-decay "$(trace decay-cosine)"
fault r1-without-the-half "$(trace r1)"
fault r1-on-generated "$(trace r1)"
fault gp-squared-norm "$(trace gp)"
fault gp-from-the-other-end "$(trace gp)"
fault noise-forgotten "$(trace noise)"
fault spectral-one-step-late "$(trace spectral)"
fault no-look-ahead "$(trace unroll-adam)"
fault look-ahead-without-its-gradient "$(trace unroll-sgd)"
fault average-late "$(trace ema),$folder/ema/checkpoint.safetensors"
echo "table: $table"
