// What hand-written CUDA reaches on the same maps: `cnn` in reduced form (a run a thread), `cnn` in full form (1 to 32 lanes a run,
// state in registers), `relu_sum` with as many neurons, teachers and inputs (a warp a run, state in shared memory).
//
//   nvcc -O3 -std=c++17 -prec-sqrt=false -arch=sm_90 -Xptxas -v cuda_reference.cu -o cuda_reference
//   ./cuda_reference [--quick] > cuda.csv     measures, after comparing each kernel with f64 on the host (exit 1 if they disagree)
//   ./cuda_reference --host                   compares the same steps run on the host in f32, for a machine without a card
//
// Every run takes the same number of steps. Times are CUDA events around one launch, the median of REPEATS after a warm-up.
// Starts are uniform in a cube, as rates do not depend on them; the landscape's formulas are those of `spurious models`.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include <cuda_runtime.h>

#define BOTH __host__ __device__ __forceinline__
constexpr float PI = 3.14159265358979f, HALF_OVER_PI = 0.159154943091895f;
constexpr int REPEATS = 5, BLOCK = 128;
constexpr float RATIO = 4.0f;  // q = (1'a*)^2 / |a*|^2, with |a*| = |w*| = 1

BOTH float inverse_root(float x) {
#ifdef __CUDA_ARCH__
    return rsqrtf(x);
#else
    return 1.0f / sqrtf(x);
#endif
}

BOTH float quotient(float x, float y) {
#ifdef __CUDA_ARCH__
    return __fdividef(x, y);
#else
    return x / y;
#endif
}

// pi - atan2(y, x) for y >= 0, accurate where it is small. Coefficients: interpolation of atan(t)/t in t^2 at the Chebyshev points
// of [0, 1], as in landscape.py.
BOTH float supplement_of(float x, float y) {
    float wide = fabsf(x), t = quotient(fminf(wide, y), fmaxf(wide, y)), z = t * t;
    float f = 0.0027662835f;
    f = fmaf(f, z, -0.015731249f);
    f = fmaf(f, z, 0.042137623f);
    f = fmaf(f, z, -0.07456855f);
    f = fmaf(f, z, 0.10618371f);
    f = fmaf(f, z, -0.14197798f);
    f = fmaf(f, z, 0.19991872f);
    f = fmaf(f, z, -0.33333036f);
    f = fmaf(f, z, 1.0f) * t;
    float acute = wide < y ? 0.5f * PI - f : f;
    return x < 0.0f ? acute : PI - acute;
}

// ---- cnn ----------------------------------------------------------------------------------------------------------------------

struct Teacher {
    float step, scale, decay, target, patches;  // scale = step / 2 pi, target = sum of a*
};

Teacher teacher_of(int patches, float step) {
    float scale = step * HALF_OVER_PI;
    return {step, scale, 1.0f - scale * (PI - 1.0f), sqrtf(RATIO), float(patches)};
}

struct Reduced {
    float x, y, sum, overlap;
};

BOTH Reduced advance(const Teacher &c, Reduced s) {
    float y2 = s.y * s.y, inverse = inverse_root(fmaf(s.x, s.x, y2)), m = supplement_of(s.x, s.y);
    float kernel = fmaf(fmaf(m, s.x, s.y), inverse, -1.0f), excess = s.sum - c.target;
    float h = c.scale * s.overlap * m * inverse * inverse * inverse;
    Reduced next;
    next.x = fmaf(h, y2, s.x);
    next.y = fabsf(s.y * fmaf(-h, s.x, 1.0f));
    next.sum = fmaf(-c.scale, fmaf(c.patches, excess, fmaf(PI - 1.0f, s.sum, -kernel * c.target)), s.sum);
    next.overlap = fmaf(-c.scale, fmaf(c.target, excess, fmaf(PI - 1.0f, s.overlap, -kernel)), s.overlap);
    return next;
}

__global__ void __launch_bounds__(BLOCK) reduced_kernel(Teacher c, float *state, int runs, int steps) {
    int run = blockIdx.x * BLOCK + threadIdx.x;
    if (run >= runs) return;
    Reduced s{state[run], fabsf(state[runs + run]), state[2 * runs + run], state[3 * runs + run]};
#pragma unroll 4
    for (int t = 0; t < steps; t++) s = advance(c, s);
    state[run] = s.x, state[runs + run] = s.y, state[2 * runs + run] = s.sum, state[3 * runs + run] = s.overlap;
}

// This lane's share of a run of the full form: components lane, lane + L, ...; what is beyond the end stays 0.
template <int P, int K, int L> struct Share {
    static constexpr int FILTER = (P + L - 1) / L, OUTPUT = (K + L - 1) / L;
    float v[FILTER], a[OUTPUT], teacher[OUTPUT];
};

struct Sums {
    float x, y2, sum, overlap;
};

template <int P, int K, int L> BOTH Sums survey(const Share<P, K, L> &s, int lane) {
    Sums all{lane == 0 ? s.v[0] : 0.0f, lane == 0 ? 0.0f : s.v[0] * s.v[0], 0.0f, 0.0f};
#pragma unroll
    for (int j = 1; j < s.FILTER; j++) all.y2 = fmaf(s.v[j], s.v[j], all.y2);
#pragma unroll
    for (int j = 0; j < s.OUTPUT; j++) {
        all.sum += s.a[j];
        all.overlap = fmaf(s.a[j], s.teacher[j], all.overlap);
    }
    return all;
}

template <int P, int K, int L> BOTH void move(const Teacher &c, Share<P, K, L> &s, int lane, const Sums &all) {
    float inverse = inverse_root(fmaf(all.x, all.x, all.y2)), y = sqrtf(all.y2), m = supplement_of(all.x, y);
    float drive = c.scale * fmaf(fmaf(m, all.x, y), inverse, -1.0f), level = c.scale * (all.sum - c.target);
    float h = c.scale * all.overlap * m * inverse * inverse * inverse, shrink = fmaf(-h, all.x, 1.0f);
#pragma unroll
    for (int j = 0; j < s.OUTPUT; j++) {
        float a = fmaf(s.a[j], c.decay, fmaf(drive, s.teacher[j], -level));
        s.a[j] = K % L == 0 || j * L + lane < K ? a : 0.0f;
    }
#pragma unroll
    for (int j = 1; j < s.FILTER; j++) s.v[j] *= shrink;
    s.v[0] = lane == 0 ? fmaf(h, all.y2, all.x) : s.v[0] * shrink;
}

template <int L> __device__ __forceinline__ float over_team(float x) {
#pragma unroll
    for (int far = L / 2; far > 0; far /= 2) x += __shfl_xor_sync(0xffffffffu, x, far);
    return x;
}

template <int P, int K, int L>
__global__ void __launch_bounds__(BLOCK) full_kernel(Teacher c, float *state, const float *output, int runs, int steps) {
    int thread = blockIdx.x * BLOCK + threadIdx.x, run = thread / L, lane = thread % L;
    bool mine = run < runs;  // the others go along for the shuffles
    Share<P, K, L> s;
#pragma unroll
    for (int j = 0; j < s.FILTER; j++) {
        int i = j * L + lane;
        s.v[j] = mine && i < P ? state[size_t(i) * runs + run] : float(!mine && i == 0);
    }
#pragma unroll
    for (int j = 0; j < s.OUTPUT; j++) {
        int i = j * L + lane;
        s.a[j] = mine && i < K ? state[size_t(P + i) * runs + run] : 0.0f;
        s.teacher[j] = i < K ? output[i] : 0.0f;
    }
    for (int t = 0; t < steps; t++) {
        Sums all = survey<P, K, L>(s, lane);
        if (L > 1) all = {over_team<L>(all.x), over_team<L>(all.y2), over_team<L>(all.sum), over_team<L>(all.overlap)};
        move<P, K, L>(c, s, lane, all);
    }
    if (!mine) return;
#pragma unroll
    for (int j = 0; j < s.FILTER; j++) {
        int i = j * L + lane;
        if (i < P) state[size_t(i) * runs + run] = s.v[j];
    }
#pragma unroll
    for (int j = 0; j < s.OUTPUT; j++) {
        int i = j * L + lane;
        if (i < K) state[size_t(P + i) * runs + run] = s.a[j];
    }
}

// ---- relu_sum -----------------------------------------------------------------------------------------------------------------

// A run's place in shared memory: N neurons against the N unit vectors, N a multiple of 4. Matrices are cut into tiles of 4 x 4, of
// which a lane takes one, so that two loads of four numbers feed sixteen multiplications.
template <int N> struct Arena {
    float w[N][N];          // weights, a row a neuron; after a step the new ones
    float cosine[N][N];     // of two neurons
    float turn[2 * N][N];   // [partner][neuron]: pi - angle; partners are the neurons, then the teachers
    float lean[2 * N][N];   // [partner][neuron]: the partner's norm times the sine of the angle
    float norm[N], inverse[N], radial[N];
};

// What lane does in each phase of a step; between phases the lanes wait for each other.
template <int N> struct Neurons {
    static constexpr int SIDE = N / 4, TILES = SIDE * SIDE, LANES = 32, PAIRS = N * (N - 1) / 2;
    static_assert(N % 4 == 0 && TILES <= LANES, "a lane takes one tile");

    static BOTH void norms(Arena<N> &m, int lane) {
        if (lane >= N) return;
        float square = 0.0f;
        for (int a = 0; a < N; a++) square = fmaf(m.w[lane][a], m.w[lane][a], square);
        float inverse = square > 1e-30f ? inverse_root(square) : 0.0f;
        m.inverse[lane] = inverse;
        m.norm[lane] = square * inverse;
    }

    static BOTH void cosines(Arena<N> &m, int lane) {
        if (lane >= TILES) return;
        int i0 = lane / SIDE * 4, j0 = lane % SIDE * 4;
        float sum[4][4] = {};
        for (int a = 0; a < N; a += 4) {
            float4 left[4], right[4];
#pragma unroll
            for (int r = 0; r < 4; r++) {
                left[r] = *reinterpret_cast<const float4 *>(&m.w[i0 + r][a]);
                right[r] = *reinterpret_cast<const float4 *>(&m.w[j0 + r][a]);
            }
#pragma unroll
            for (int r = 0; r < 4; r++)
#pragma unroll
                for (int s = 0; s < 4; s++) {
                    sum[r][s] = fmaf(left[r].x, right[s].x, sum[r][s]);
                    sum[r][s] = fmaf(left[r].y, right[s].y, sum[r][s]);
                    sum[r][s] = fmaf(left[r].z, right[s].z, sum[r][s]);
                    sum[r][s] = fmaf(left[r].w, right[s].w, sum[r][s]);
                }
        }
#pragma unroll
        for (int r = 0; r < 4; r++)
#pragma unroll
            for (int s = 0; s < 4; s++) m.cosine[i0 + r][j0 + s] = sum[r][s] * m.inverse[i0 + r] * m.inverse[j0 + s];
    }

    // Sine and pi - angle of a cosine.
    static BOTH float2 angle(float cosine) {
        float c = fmaxf(fminf(cosine, 1.0f), -1.0f), s = sqrtf((1.0f - c) * (1.0f + c));
        return make_float2(s, supplement_of(c, s));
    }

    static BOTH void angles(Arena<N> &m, int lane) {
        // Neuron i and the one `shift` behind it, around the circle: each pair once.
        for (int q = lane; q < PAIRS; q += LANES) {
            int i = q % N, j = (i + q / N + 1) % N;
            float2 met = angle(m.cosine[i][j]);
            m.turn[j][i] = m.turn[i][j] = met.y;
            m.lean[j][i] = met.x * m.norm[j];
            m.lean[i][j] = met.x * m.norm[i];
        }
        for (int q = lane; q < N * N; q += LANES) {
            int i = q / N, t = q % N;
            float2 met = angle(m.w[i][t] * m.inverse[i]);
            m.turn[N + t][i] = met.y;
            m.lean[N + t][i] = met.x;
        }
        if (lane < N) m.turn[lane][lane] = PI, m.lean[lane][lane] = 0.0f;
    }

    static BOTH void radials(Arena<N> &m, int lane) {
        if (lane >= N) return;
        float sum = 0.0f;
        for (int j = 0; j < N; j++) sum += m.lean[j][lane] - m.lean[N + j][lane];
        m.radial[lane] = sum * m.inverse[lane];
    }

    // A tile of the gradient, in registers.
    static BOTH void slopes(const Arena<N> &m, int lane, float (&tile)[4][4]) {
        if (lane >= TILES) return;
        int i0 = lane / SIDE * 4, a0 = lane % SIDE * 4;
        float sum[4][4];
#pragma unroll
        for (int r = 0; r < 4; r++)
#pragma unroll
            for (int s = 0; s < 4; s++)
                sum[r][s] = fmaf(m.radial[i0 + r], m.w[i0 + r][a0 + s], -m.turn[N + a0 + s][i0 + r]);
        for (int j = 0; j < N; j++) {
            float4 turn = *reinterpret_cast<const float4 *>(&m.turn[j][i0]);
            float4 w = *reinterpret_cast<const float4 *>(&m.w[j][a0]);
            float turns[4] = {turn.x, turn.y, turn.z, turn.w}, ws[4] = {w.x, w.y, w.z, w.w};
#pragma unroll
            for (int r = 0; r < 4; r++)
#pragma unroll
                for (int s = 0; s < 4; s++) sum[r][s] = fmaf(turns[r], ws[s], sum[r][s]);
        }
#pragma unroll
        for (int r = 0; r < 4; r++)
#pragma unroll
            for (int s = 0; s < 4; s++) tile[r][s] = sum[r][s];
    }

    static BOTH void move(Arena<N> &m, int lane, float scale, const float (&tile)[4][4]) {
        if (lane >= TILES) return;
        int i0 = lane / SIDE * 4, a0 = lane % SIDE * 4;
#pragma unroll
        for (int r = 0; r < 4; r++)
#pragma unroll
            for (int s = 0; s < 4; s++) m.w[i0 + r][a0 + s] = fmaf(-scale, tile[r][s], m.w[i0 + r][a0 + s]);
    }
};

constexpr int WARPS = 2;  // runs a block

template <int N>
__global__ void __launch_bounds__(32 * WARPS) relu_sum_kernel(float *state, int runs, int steps, float scale) {
    __shared__ __align__(16) Arena<N> arenas[WARPS];
    int run = blockIdx.x * WARPS + threadIdx.x / 32, lane = threadIdx.x % 32;
    if (run >= runs) return;  // a whole warp
    Arena<N> &m = arenas[threadIdx.x / 32];
    float *mine = state + size_t(run) * N * N;
    for (int c = lane; c < N * N; c += 32) m.w[c / N][c % N] = mine[c];
    __syncwarp();
    using Phase = Neurons<N>;
    for (int t = 0; t < steps; t++) {
        float tile[4][4];
        Phase::norms(m, lane);
        __syncwarp();
        Phase::cosines(m, lane);
        __syncwarp();
        Phase::angles(m, lane);
        __syncwarp();
        Phase::radials(m, lane);
        __syncwarp();
        Phase::slopes(m, lane, tile);
        __syncwarp();
        Phase::move(m, lane, scale, tile);
        __syncwarp();
    }
    for (int c = lane; c < N * N; c += 32) mine[c] = m.w[c / N][c % N];
}

// ---- the same in f64, written plainly -------------------------------------------------------------------------------------------

void plain_full(std::vector<double> &s, const std::vector<float> &output, int p, double step) {
    int k = int(output.size());
    double y2 = 0, sum = 0, overlap = 0, target = std::sqrt(double(RATIO)), pi = std::acos(-1.0);
    for (int j = 1; j < p; j++) y2 += s[j] * s[j];
    for (int j = 0; j < k; j++) sum += s[p + j], overlap += s[p + j] * output[j];
    double x = s[0], r = std::sqrt(x * x + y2), m = pi - std::atan2(std::sqrt(y2), x), e = step / (2 * pi);
    double g1 = (m * x + std::sqrt(y2)) / r - 1, h = e * overlap * m / (r * r * r);
    for (int j = 0; j < k; j++) s[p + j] -= e * (sum - target + (pi - 1) * s[p + j] - g1 * output[j]);
    for (int j = 1; j < p; j++) s[j] -= h * x * s[j];
    s[0] += h * y2;
}

void plain_reduced(std::vector<double> &s, double k, double step) {
    double pi = std::acos(-1.0), e = step / (2 * pi), target = std::sqrt(double(RATIO)), x = s[0], y = s[1];
    double r = std::hypot(x, y), m = pi - std::atan2(y, x), g1 = (m * x + y) / r - 1, h = e * s[3] * m / (r * r * r);
    double excess = s[2] - target;
    s[2] -= e * (k * excess + (pi - 1) * s[2] - g1 * target);
    s[3] -= e * (target * excess + (pi - 1) * s[3] - g1);
    s[0] = x + h * y * y, s[1] = std::fabs(y - h * x * y);
}

void plain_relu_sum(std::vector<double> &w, int n, double step) {
    double pi = std::acos(-1.0);
    std::vector<double> slope(w.size());
    for (int i = 0; i < n; i++) {
        double own = 0;
        for (int a = 0; a < n; a++) own += w[i * n + a] * w[i * n + a];
        own = std::sqrt(own);
        for (int a = 0; a < n; a++) slope[i * n + a] = w[i * n + a] / 2;
        for (int j = 0; j < 2 * n; j++) {
            if (j == i) continue;
            double dot = 0, norm = 1;
            std::vector<double> u(n, 0.0);
            if (j < n) {
                norm = 0;
                for (int a = 0; a < n; a++) u[a] = w[j * n + a], norm += u[a] * u[a];
                norm = std::sqrt(norm);
            } else {
                u[j - n] = 1;
            }
            for (int a = 0; a < n; a++) dot += w[i * n + a] * u[a];
            double t = std::acos(std::max(-1.0, std::min(1.0, dot / own / norm))), sign = j < n ? 1 : -1;
            for (int a = 0; a < n; a++)
                slope[i * n + a] += sign * (norm * std::sin(t) * w[i * n + a] / own + (pi - t) * u[a]) / (2 * pi);
        }
    }
    for (size_t c = 0; c < w.size(); c++) w[c] -= step * slope[c];
}

// ---- measuring ----------------------------------------------------------------------------------------------------------------

std::vector<float> output_weights(int k) {
    std::vector<float> a(k);
    double along = std::sqrt(double(RATIO) / k) / std::sqrt(double(k)), across = std::sqrt(1 - double(RATIO) / k);
    for (int j = 0; j < k; j++)
        a[j] = float(along + across * std::sqrt(2.0 / k) * std::cos(std::acos(-1.0) * (2 * j + 1) / (2 * k)));
    return a;
}

std::vector<float> starts(size_t count, float half_width) {
    std::vector<float> all(count);
    uint64_t word = 1;
    for (float &x : all) {
        word = word * 6364136223846793005u + 1442695040888963407u;
        x = (float(word >> 40) / 8388608.0f - 1.0f) * half_width;
    }
    return all;
}

cudaDeviceProp card;
int failures = 0;

void compare(const char *name, const std::vector<double> &wanted, const std::vector<float> &found) {
    double worst = 0;
    for (size_t c = 0; c < wanted.size(); c++) worst = std::max(worst, std::fabs(wanted[c] - double(found[c])));
    // Ten steps, each a few roundings of numbers of size 1 and, on a card, a reciprocal square root good to two units.
    bool good = worst <= 2e-5;
    fprintf(stderr, "%s: 10 steps of 64 runs, largest difference from f64 %.1e%s\n", name, worst, good ? "" : ": WRONG");
    failures += !good;
}

void require(cudaError_t error, const char *what) {
    if (error == cudaSuccess) return;
    fprintf(stderr, "%s: %s\n", what, cudaGetErrorString(error));
    exit(1);
}

struct Subject {
    std::string variant, model, form;
    int patches, filter_size, components;  // patches and filter_size 0: not a cnn
    float step, half_width;
    bool interleaved;  // component by component instead of run by run
};

// Columns of compare.py, with the kernel's lanes a run as threads.
void row(const Subject &s, int lanes, int runs, int steps, float seconds) {
    double rate = double(runs) * steps / seconds;
    std::string sizes = s.patches ? std::to_string(s.patches) + "," + std::to_string(s.filter_size) : ",";
    printf("cuda,%s,%s,%s,%s,%s,%g,f32,False,%d,%d,%d,%d,%d,%.6g,,%.6g,,\n", card.name, s.variant.c_str(), s.model.c_str(), s.form.c_str(),
           sizes.c_str(), s.step, lanes, runs, steps, steps, REPEATS, seconds, rate);
    fflush(stdout);
}

// Compares `launch(state, runs, steps)` with `plain`, a step of one run in f64, then measures it.
template <class Launch, class Plain>
void measure(const Subject &s, int lanes, const std::vector<int> &counts, int steps, Launch launch, Plain plain) {
    int most = std::max(64, *std::max_element(counts.begin(), counts.end()));
    float *state;
    require(cudaMalloc(&state, size_t(most) * s.components * sizeof(float)), "memory");
    std::vector<float> first = starts(size_t(64) * s.components, s.half_width);
    auto place = [&](int run, int c, int runs) {
        return s.interleaved ? size_t(c) * runs + run : size_t(run) * s.components + c;
    };
    require(cudaMemcpy(state, first.data(), first.size() * sizeof(float), cudaMemcpyHostToDevice), "copy");
    launch(state, 64, 10);
    std::vector<float> found(first.size());
    require(cudaMemcpy(found.data(), state, found.size() * sizeof(float), cudaMemcpyDeviceToHost), s.variant.c_str());
    std::vector<double> wanted(first.size());
    for (int run = 0; run < 64; run++) {
        std::vector<double> one(s.components);
        for (int c = 0; c < s.components; c++) one[c] = first[place(run, c, 64)];
        for (int t = 0; t < 10; t++) plain(one);
        for (int c = 0; c < s.components; c++) wanted[place(run, c, 64)] = one[c];
    }
    compare((s.model + " " + s.form + ", " + s.variant).c_str(), wanted, found);
    cudaEvent_t begin, end;
    require(cudaEventCreate(&begin), "event");
    require(cudaEventCreate(&end), "event");
    for (int runs : counts) {
        std::vector<float> all = starts(size_t(runs) * s.components, s.half_width), times;
        for (int repeat = 0; repeat <= REPEATS; repeat++) {
            require(cudaMemcpy(state, all.data(), all.size() * sizeof(float), cudaMemcpyHostToDevice), "copy");
            cudaEventRecord(begin);
            launch(state, runs, steps);
            cudaEventRecord(end);
            require(cudaEventSynchronize(end), s.variant.c_str());
            float milliseconds;
            require(cudaEventElapsedTime(&milliseconds, begin, end), "time");
            if (repeat) times.push_back(milliseconds);
        }
        std::sort(times.begin(), times.end());
        row(s, lanes, runs, steps, times[REPEATS / 2] / 1e3f);
    }
    require(cudaFree(state), "memory");
}

template <int P, int K, int L> void full(float step, const std::vector<int> &counts, int steps) {
    Subject s{std::to_string(L) + (L == 1 ? " lane a run" : " lanes a run"), "cnn", "full", K, P, P + K, step, 0.3f, true};
    std::vector<float> weights = output_weights(K);
    float *output;
    require(cudaMalloc(&output, K * sizeof(float)), "memory");
    require(cudaMemcpy(output, weights.data(), K * sizeof(float), cudaMemcpyHostToDevice), "copy");
    Teacher c = teacher_of(K, step);
    measure(s, L, counts, steps, [&](float *state, int runs, int n) {
        int blocks = int((size_t(runs) * L + BLOCK - 1) / BLOCK);
        full_kernel<P, K, L><<<blocks, BLOCK>>>(c, state, output, runs, n);
    }, [&](std::vector<double> &one) { plain_full(one, weights, P, step); });
    require(cudaFree(output), "memory");
}

template <int P, int K> void full_all(float step, const std::vector<int> &counts, int steps) {
    full<P, K, 1>(step, counts, steps);
    full<P, K, 4>(step, counts, steps);
    full<P, K, 8>(step, counts, steps);
    full<P, K, 32>(step, counts, steps);
}

void reduced(const std::vector<int> &counts, int steps) {
    Teacher c = teacher_of(25, 0.1f);
    measure({"1 lane a run", "cnn", "reduced", 25, 10, 4, 0.1f, 0.5f, true}, 1, counts, steps, [&](float *state, int runs, int n) {
        reduced_kernel<<<(runs + BLOCK - 1) / BLOCK, BLOCK>>>(c, state, runs, n);
    }, [&](std::vector<double> &one) { one[1] = std::fabs(one[1]); plain_reduced(one, 25, 0.1f); });
}

template <int N> void relu_sum(const std::vector<int> &counts, int steps) {
    float step = 0.02f;
    std::string name = "32 lanes a run; k = n = d = " + std::to_string(N);
    measure({name, "relu_sum", "full", 0, 0, N * N, step, 0.4f, false}, 32, counts, steps, [&](float *state, int runs, int n) {
        relu_sum_kernel<N><<<(runs + WARPS - 1) / WARPS, 32 * WARPS>>>(state, runs, n, step * HALF_OVER_PI);
    }, [&](std::vector<double> &one) { plain_relu_sum(one, N, step); });
}

// ---- on the host --------------------------------------------------------------------------------------------------------------

// The steps of the kernels with one lane a run, and the phases of relu_sum lane by lane, in f32 on the host.
void check_host() {
    std::vector<float> state = starts(64 * 125, 0.3f);
    std::vector<float> weights = output_weights(25);
    std::vector<double> wanted;
    std::vector<float> found;
    for (int run = 0; run < 64; run++) {
        Share<10, 25, 1> s;
        std::vector<double> one(&state[run * 35], &state[run * 35] + 35);
        std::copy_n(&state[run * 35], 10, s.v);
        std::copy_n(&state[run * 35 + 10], 25, s.a);
        std::copy_n(weights.data(), 25, s.teacher);
        for (int t = 0; t < 10; t++) {
            move(teacher_of(25, 0.1f), s, 0, survey(s, 0));
            plain_full(one, weights, 10, 0.1f);
        }
        wanted.insert(wanted.end(), one.begin(), one.end());
        found.insert(found.end(), s.v, s.v + 10);
        found.insert(found.end(), s.a, s.a + 25);
    }
    compare("cnn full on the host", wanted, found);
    wanted.clear(), found.clear();
    for (int run = 0; run < 64; run++) {
        Reduced s{state[4 * run], std::fabs(state[4 * run + 1]), state[4 * run + 2], state[4 * run + 3]};
        std::vector<double> one{s.x, s.y, s.sum, s.overlap};
        for (int t = 0; t < 10; t++) {
            s = advance(teacher_of(25, 0.1f), s);
            plain_reduced(one, 25, 0.1f);
        }
        wanted.insert(wanted.end(), one.begin(), one.end());
        found.insert(found.end(), {s.x, s.y, s.sum, s.overlap});
    }
    compare("cnn reduced on the host", wanted, found);
    wanted.clear(), found.clear();
    constexpr int N = 20;
    using Phase = Neurons<N>;
    state = starts(64 * N * N, 0.4f);
    for (int run = 0; run < 64; run++) {
        alignas(16) static Arena<N> m;
        std::memcpy(m.w, &state[run * N * N], sizeof m.w);
        std::vector<double> one(&state[run * N * N], &state[run * N * N] + N * N);
        for (int t = 0; t < 10; t++) {
            float tiles[32][4][4];
            for (int lane = 0; lane < 32; lane++) Phase::norms(m, lane);
            for (int lane = 0; lane < 32; lane++) Phase::cosines(m, lane);
            for (int lane = 0; lane < 32; lane++) Phase::angles(m, lane);
            for (int lane = 0; lane < 32; lane++) Phase::radials(m, lane);
            for (int lane = 0; lane < 32; lane++) Phase::slopes(m, lane, tiles[lane]);
            for (int lane = 0; lane < 32; lane++) Phase::move(m, lane, 0.02f * HALF_OVER_PI, tiles[lane]);
            plain_relu_sum(one, N, 0.02f);
        }
        wanted.insert(wanted.end(), one.begin(), one.end());
        found.insert(found.end(), &m.w[0][0], &m.w[0][0] + N * N);
    }
    compare("relu_sum on the host", wanted, found);
}

int main(int count, char **words) {
    std::string word = count > 1 ? words[1] : "";
    if (word == "--host") {
        check_host();
        return failures > 0;
    }
    require(cudaGetDeviceProperties(&card, 0), "no card");
    fprintf(stderr, "%s, %d multiprocessors\n", card.name, card.multiProcessorCount);
    bool quick = word == "--quick";
    printf("peer,version,variant,model,form,patches,filter_size,step,precision,exit,threads,runs,steps,mean_steps,repetitions,wall_s,cpu_s,"
           "run_steps_per_s,run_steps_per_core_s,relative\n");
    std::vector<int> few = quick ? std::vector<int>{4096} : std::vector<int>{4096, 65536, 1 << 20};
    reduced(quick ? few : std::vector<int>{4096, 65536, 262144, 1 << 20, 1 << 22}, quick ? 100 : 10000);
    full_all<10, 25>(0.1f, few, quick ? 100 : 2000);
    full_all<8, 100>(0.01f, few, quick ? 100 : 2000);
    relu_sum<20>(quick ? std::vector<int>{512} : std::vector<int>{512, 4096, 16384, 65536}, quick ? 10 : 200);
    return failures > 0;
}
