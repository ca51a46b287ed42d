package dev.leasehold.benchmarks

import dev.leasehold.memory.MiB
import dev.leasehold.memory.permanent.AddressRange
import dev.leasehold.memory.permanent.AddressRangeExhaustedException
import dev.leasehold.memory.permanent.PermanentAppender
import dev.leasehold.memory.permanent.PermanentMemory
import dev.leasehold.memory.permanent.ProcessMemory
import kotlinx.benchmark.Benchmark
import kotlinx.benchmark.BenchmarkMode
import kotlinx.benchmark.Measurement
import kotlinx.benchmark.Mode
import kotlinx.benchmark.Scope
import kotlinx.benchmark.Setup
import kotlinx.benchmark.State
import kotlinx.benchmark.TearDown
import kotlinx.benchmark.Warmup
import org.openjdk.jmh.annotations.Fork
import org.openjdk.jmh.annotations.Level
import org.openjdk.jmh.annotations.OperationsPerInvocation
import org.openjdk.jmh.annotations.Threads
import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_LONG

/**
 * Append 64 bytes to permanent memory whose pages are there, and to such whose pages the append has populated; find a
 * buffer that is known; be refused; and open another process and list its buffers. Beside the appends what each of them
 * cannot do without: a plain copy of the bytes, and a compare-and-set of a word.
 *
 * Permanent memory becomes full in a tenth of a second, so a full buffer is wound back, by the word of the registry that
 * says how much of it is taken: see [RewoundBuffer].
 */
@Fork(2)
public open class PermanentBenchmark : Measured() {
    @Benchmark
    public fun append(target: Populated, source: Bytes): Long {
        if (source.isOver) target.rewind()
        return target.memory.append(source.bytes)
    }

    @Benchmark
    public fun appender(target: Populated, source: Bytes, part: Part): Long = part.append(target, source)

    @Benchmark
    @Threads(2)
    public fun appender2(target: Populated, source: Bytes, part: Part): Long = part.append(target, source)

    @Benchmark
    public fun copy(target: Populated, source: Bytes): Long = target.copy(source.bytes)

    @Benchmark
    public fun compareAndSet(word: Word): Long = word.next()

    @Benchmark
    @BenchmarkMode(Mode.SingleShotTime)
    @Warmup(iterations = 20)
    @Measurement(iterations = 20)
    @OperationsPerInvocation(FRESH)
    public fun appendToFreshPages(target: Fresh, source: Bytes): Long = target.fill(source.bytes)

    @Benchmark
    public fun obtain(known: Known): PermanentMemory = PermanentMemory.obtain(64, known.range)

    @Benchmark
    public fun refusal(full: Full): AddressRangeExhaustedException = full.refusal()

    @Benchmark
    public fun listAnother(other: Other): Int = other.list()

    /** What is appended. */
    @State(Scope.Thread)
    public open class Bytes {
        internal val bytes: MemorySegment = Arena.global().allocate(SIZE).fill(1)
        private var left = ROUND

        /** Whether so much was appended that a buffer is to be wound back, before it is full. */
        internal val isOver: Boolean
            get() {
                if (--left > 0) return false
                left = ROUND
                return true
            }
    }

    /** A word off the heap, for what an append cannot do without. */
    @State(Scope.Thread)
    public open class Word {
        private val word = Arena.global().allocate(SIZE, SIZE)

        internal fun next(): Long {
            val seen = WORD.getAcquire(word, 0L) as Long
            check(WORD.compareAndSet(word, 0L, seen, seen + SIZE)) { "the word is another's" }
            return seen
        }
    }

    /** A shared buffer that has all of its pages. */
    @State(Scope.Benchmark)
    public open class Populated {
        internal val memory: PermanentMemory = PermanentMemory.obtain(16.MiB)
        private val rewound = RewoundBuffer(memory)
        private val all = memory.asMemorySegment(memory.base, memory.size)
        private var at = 0L

        init {
            val _ = all.fill(0)
        }

        internal fun rewind(): Unit = rewound.rewind()

        internal fun copy(bytes: MemorySegment): Long {
            at = (at + SIZE) and (16.MiB - 1)
            MemorySegment.copy(bytes, 0, all, at, SIZE)
            return at
        }
    }

    /** A thread's appender. */
    @State(Scope.Thread)
    public open class Part {
        private lateinit var appender: PermanentAppender

        @Setup
        public fun make(target: Populated) {
            target.rewind()
            appender = target.memory.appender()
        }

        internal fun append(target: Populated, source: Bytes): Long {
            if (source.isOver) make(target)
            return appender.append(source.bytes)
        }
    }

    /** A new private buffer for each measurement. */
    @State(Scope.Thread)
    public open class Fresh {
        private lateinit var memory: PermanentMemory
        private var room = AddressRange.between(0x1000_0000_0000, 0x1000_00ff_ffff)

        @Setup(Level.Invocation)
        public fun make() {
            memory = PermanentMemory.obtainPrivate(FRESH * SIZE, room)
            room = AddressRange.between(room.last + 1, room.last + FRESH * SIZE)
        }

        internal fun fill(bytes: MemorySegment): Long {
            var last = 0L
            repeat(FRESH) { last = memory.append(bytes) }
            return last
        }
    }

    /** A range in which a buffer is known, behind some that are not in it. */
    @State(Scope.Benchmark)
    public open class Known {
        internal val range: AddressRange = AddressRange.LOW_4_GIB

        init {
            repeat(3) { val _ = PermanentMemory.obtain((it + 1).MiB, AddressRange.between(0x1000_0000_0000, -1)) }
            val _ = PermanentMemory.obtain(64, range)
        }
    }

    /** A range without room, among the libraries of the process. */
    @State(Scope.Benchmark)
    public open class Full {
        private val taken = PermanentMemory.obtain(4096, AddressRange.between(0x2000_0000_0000, 0x2000_0000_0fff))
        private val range = AddressRange.between(taken.base, taken.base + taken.size - 1)

        init {
            val _ = taken.reserve(taken.remaining)
        }

        internal fun refusal(): AddressRangeExhaustedException = try {
            error("${PermanentMemory.obtain(64, range)} was given")
        } catch (refusal: AddressRangeExhaustedException) {
            refusal
        }
    }

    /** Another process with some buffers. */
    @State(Scope.Benchmark)
    public open class Other {
        private val process = childJvm(OPTIONS, "dev.leasehold.benchmarks.PermanentHolder").start()

        @Setup
        public fun await() {
            check(process.inputReader().readLine() == HELD) { "the other process did not start" }
        }

        internal fun list(): Int = ProcessMemory.open(process.pid()).use { other ->
            val buffers = other.buffers()
            check(buffers.size >= HELD_BUFFERS) { "the other process has ${buffers.size} buffers" }
            buffers.size
        }

        @TearDown
        public fun end() {
            val _ = process.destroyForcibly().waitFor()
        }
    }

    private companion object {
        private val WORD = JAVA_LONG.varHandle()
        const val SIZE = 64L
        const val FRESH = 262_144

        // Two threads with so many each do not fill a buffer.
        const val ROUND = 100_000
        val OPTIONS = listOf("-Xmx64m", "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED")
    }
}
