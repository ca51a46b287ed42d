package dev.leasehold.benchmarks

import dev.leasehold.memory.Segment
import dev.leasehold.memory.typed.FloatElements
import dev.leasehold.memory.typed.Struct
import dev.leasehold.memory.typed.StructArray
import dev.leasehold.memory.typed.StructColumns
import dev.leasehold.memory.typed.asColumns
import dev.leasehold.memory.typed.asStructs
import dev.leasehold.memory.typed.process
import kotlinx.benchmark.Benchmark
import kotlinx.benchmark.Param
import kotlinx.benchmark.Scope
import kotlinx.benchmark.Setup
import kotlinx.benchmark.State
import kotlinx.benchmark.TearDown
import org.openjdk.jmh.annotations.Fork
import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment
import java.lang.foreign.ValueLayout.JAVA_FLOAT
import java.util.Random

/** A particle of a game, 32 bytes. */
internal object Particle : Struct<Particle>() {
    val x = float()
    val y = float()
    val z = float()
    val vx = float()
    val vy = float()
    val vz = float()
    val id = long()
}

/** The same as an object. */
internal class HeapParticle(@JvmField val id: Long) {
    @JvmField var x = 0f

    @JvmField var y = 0f

    @JvmField var z = 0f

    @JvmField var vx = 1f

    @JvmField var vy = 1f

    @JvmField var vz = 1f
}

/** The three places of all particles move by their three speeds; then one field of one particle at a time. */
@State(Scope.Thread)
@Fork(2)
public open class StructBenchmark : Measured() {
    /** How many particles there are. */
    @Param("1024", "1048576")
    public var size: Int = 0

    private lateinit var arena: Arena
    private lateinit var raw: MemorySegment
    private lateinit var particles: StructArray<Particle>
    private lateinit var columns: StructColumns<Particle>
    private lateinit var objects: ArrayList<HeapParticle>
    private lateinit var shuffled: ArrayList<HeapParticle>
    private lateinit var order: IntArray
    private val tile = FloatArray(TILE)
    private val speedTile = FloatArray(TILE)
    private var step = 0

    @Setup
    public fun allocate() {
        arena = Arena.ofConfined()
        raw = arena.allocate(size * Particle.byteSize, LINE)
        particles = Segment.of(raw).asStructs(Particle)
        particles.forEachIndexed { index, it ->
            it[Particle.vx] = 1f
            it[Particle.vy] = 1f
            it[Particle.vz] = 1f
            it[Particle.id] = index
        }
        columns = Segment.of(arena.allocate(size * Particle.byteSize, LINE)).asColumns(Particle)
        columns.copyFrom(particles)
        objects = ArrayList(List(size) { HeapParticle(it.toLong()) })
        shuffled = ArrayList(objects).apply { shuffle(Random(SEED)) }
        order = IntArray(size) { it }.apply { shuffle(kotlin.random.Random(SEED)) }
    }

    @TearDown
    public fun close(): Unit = arena.close()

    @Benchmark
    public fun forEach(): Unit = particles.forEach { p ->
        p[Particle.x] += p[Particle.vx]
        p[Particle.y] += p[Particle.vy]
        p[Particle.z] += p[Particle.vz]
    }

    @Benchmark
    public fun forLoop() {
        for (p in particles) {
            p[Particle.x] += p[Particle.vx]
            p[Particle.y] += p[Particle.vy]
            p[Particle.z] += p[Particle.vz]
        }
    }

    @Benchmark
    public fun index() {
        val all = particles
        for (i in 0L until all.size) {
            all[i, Particle.x] += all[i, Particle.vx]
            all[i, Particle.y] += all[i, Particle.vy]
            all[i, Particle.z] += all[i, Particle.vz]
        }
    }

    @Benchmark
    public fun byHand() {
        val memory = raw
        for (i in 0 until size) {
            val at = i * BYTES
            memory.set(JAVA_FLOAT, at, memory.get(JAVA_FLOAT, at) + memory.get(JAVA_FLOAT, at + 12))
            memory.set(JAVA_FLOAT, at + 4, memory.get(JAVA_FLOAT, at + 4) + memory.get(JAVA_FLOAT, at + 16))
            memory.set(JAVA_FLOAT, at + 8, memory.get(JAVA_FLOAT, at + 8) + memory.get(JAVA_FLOAT, at + 20))
        }
    }

    @Benchmark
    public fun objects(): Unit = move(objects)

    @Benchmark
    public fun objectsShuffled(): Unit = move(shuffled)

    private fun move(list: ArrayList<HeapParticle>) {
        for (p in list) {
            p.x += p.vx
            p.y += p.vy
            p.z += p.vz
        }
    }

    /** A loop for each of the three columns. */
    @Benchmark
    public fun columns() {
        add(columns[Particle.x], columns[Particle.vx])
        add(columns[Particle.y], columns[Particle.vy])
        add(columns[Particle.z], columns[Particle.vz])
    }

    private fun add(values: FloatElements, speeds: FloatElements) {
        for (i in 0L until values.size) values[i] += speeds[i]
    }

    /** The same over the platform's segments of the same bytes. */
    @Benchmark
    public fun columnsByHand() {
        val all = columns.asMemorySegment()
        val length = size * 4L
        for (field in 0L until 3) {
            addByHand(all.asSlice(field * length, length), all.asSlice((field + 3) * length, length))
        }
    }

    private fun addByHand(values: MemorySegment, speeds: MemorySegment) {
        for (i in 0 until size) {
            val at = i * 4L
            values.set(JAVA_FLOAT, at, values.get(JAVA_FLOAT, at) + speeds.get(JAVA_FLOAT, at))
        }
    }

    /** The same through arrays on the heap, a tile after the other. */
    @Benchmark
    public fun columnTiles() {
        addTiles(columns[Particle.x], columns[Particle.vx])
        addTiles(columns[Particle.y], columns[Particle.vy])
        addTiles(columns[Particle.z], columns[Particle.vz])
    }

    private fun addTiles(values: FloatElements, speeds: FloatElements): Unit =
        values.process(speeds, tile, speedTile) { v, s, count ->
            for (i in 0 until count) v[i] += s[i]
        }

    @Benchmark
    public fun records(): Unit = RecordParticles.records(raw, size)

    @Benchmark
    public fun recordsByHand(): Unit = RecordParticles.recordsByHand(raw, size)

    @Benchmark
    public fun accessors(): Unit = RecordParticles.accessors(raw, size)

    /** One field of the next of a random order. */
    @Benchmark
    public fun randomField(): Float {
        val index = next().toLong()
        particles[index, Particle.y] += 1f
        return particles[index, Particle.y]
    }

    @Benchmark
    public fun randomFieldOfView(): Float {
        val particle = particles[next().toLong()]
        particle[Particle.y] += 1f
        return particle[Particle.y]
    }

    @Benchmark
    public fun randomFieldByHand(): Float {
        val at = next() * BYTES + 4
        raw.set(JAVA_FLOAT, at, raw.get(JAVA_FLOAT, at) + 1f)
        return raw.get(JAVA_FLOAT, at)
    }

    private fun next(): Int = order[step++ and size - 1]

    private companion object {
        const val BYTES = 32L
        const val LINE = 64L
        const val SEED = 5L
        const val TILE = 1024
    }
}
