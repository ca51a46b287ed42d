package dev.leasehold.memory.crash

import dev.leasehold.memory.mapped.MappedCodec
import dev.leasehold.memory.mapped.MappedDictionary
import dev.leasehold.memory.mapped.MappedMemory
import dev.leasehold.memory.mapped.MappedMemoryManager
import dev.leasehold.memory.mapped.MappedRing
import dev.leasehold.memory.support.ChildJvm
import dev.leasehold.memory.support.MappedFiles
import dev.leasehold.memory.support.WorkerProcess
import dev.leasehold.testing.Effort
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldNotBeEmpty
import io.kotest.matchers.longs.shouldBeGreaterThan
import java.nio.file.Path
import kotlin.random.Random

/** Processes write to a ring and read from it, and are killed while they do; others go on. */
class RingKillSpec : FunSpec({
    test("what was written is read, and again only where its reader was killed") {
        MappedFiles().use { files ->
            val kills = RingKills(files.path("file"), Effort.seed("ring kills"), isLying = false)
            kills.run(Effort.times(10))
            // On a busy machine few come to the ring before they are killed.
            repeat(9) { if (kills.written <= 1_000) kills.run(10) }
            println("${kills.written} chunks, ${kills.again} of them again, ${kills.kills} kills")
            kills.faults.shouldBeEmpty()
            kills.written shouldBeGreaterThan 1_000
        }
    }

    test("a chunk that is acknowledged and not written is found") {
        MappedFiles().use { files ->
            val kills = RingKills(files.path("file"), Effort.seed("ring liars"), isLying = true)
            kills.run(3)
            kills.faults.shouldNotBeEmpty()
        }
    }
})

/** What the processes have in the file: a ring, what was read from it, and how far each lane of writers came. */
internal class RingFile(val manager: MappedMemoryManager) {
    val ring: MappedRing = MappedRing.open(manager, "ring", CAPACITY)
    val received: MappedDictionary<Long, Long> =
        MappedDictionary.open(manager, "received", MappedCodec.LONG, MappedCodec.LONG)

    fun written(lane: Int): Long = manager.userWord(lane)

    /** Writes the next chunk of [lane], and acknowledges it. */
    fun write(lane: Int, random: Random, isLying: Boolean) {
        val number = written(lane) + 1
        if (!isLying || number % 50 != 0L) {
            ring.write(random.nextLong(8, ring.maxChunk)) { it.setLong(0, keyOf(lane, number)) }
        }
        manager.setUserWord(lane, number)
    }

    fun read(): Unit = ring.read { segment ->
        val key = segment.getLong(0)
        received.compute(key) { (it ?: 0) + 1 }
    }

    companion object {
        const val LANES = 3
        const val CAPACITY = 1024L

        fun keyOf(lane: Int, number: Long): Long = (lane.toLong() shl 40) or number

        fun open(path: Path): RingFile = RingFile(MappedFiles.open(path, { maxSessions = 8 }))
    }
}

/** Starts and kills the processes that work in the file [path]. */
private class RingKills(private val path: Path, seed: Long, private val isLying: Boolean) {
    private val random = Random(seed)
    val faults = ArrayList<String>()
    var written = 0L
        private set

    /** How many chunks were read more than once. */
    var again = 0L
        private set
    var kills = 0
        private set

    fun run(rounds: Int) {
        val working = HashMap<Int, WorkerProcess>()
        try {
            for (round in 0 until rounds) {
                for (lane in 0 until RingFile.LANES) if (lane !in working) working[lane] = start(lane)
                Thread.sleep(random.nextLong(10, 200))
                for (lane in working.keys.shuffled(random).take(random.nextInt(1, RingFile.LANES + 1))) {
                    kill(working.remove(lane)!!)
                }
            }
        } finally {
            working.values.forEach(::kill)
        }
        RingFile.open(path).let { file -> file.manager.use { check(file) } }
        MappedMemory.verify(path).faults.forEach { faults.add("$it") }
    }

    private fun kill(worker: WorkerProcess) {
        kills++
        faults.addAll(worker.kill(known = "ready"))
    }

    private fun start(lane: Int): WorkerProcess {
        val options = listOf("-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", ChildJvm.NATIVE_ACCESS)
        val worker = WorkerProcess(
            ChildJvm.start(RingWorkerMain::class, options, "$path", "$lane", "$isLying", "${random.nextLong()}"),
        )
        faults.addAll(worker.await("ready"))
        return worker
    }

    private fun check(file: RingFile) {
        while (file.ring.usedBytes >
            0
        ) {
            if (!file.ring.tryRead { file.received.compute(it.getLong(0)) { n -> (n ?: 0) + 1 } }) break
        }
        if (file.ring.usedBytes > 0) faults.add("${file.ring.usedBytes} bytes stay in the ring")
        val counts = HashMap<Long, Long>()
        file.received.forEach { key, count -> counts[key] = count }
        for (lane in 0 until RingFile.LANES) {
            written += file.written(lane)
            for (number in 1..file.written(lane)) {
                if (RingFile.keyOf(lane, number) !in counts) faults.add("chunk $number of lane $lane was not read")
            }
            // One that was written, and whose writer was killed before it acknowledged that.
            val more = counts.keys.count { it ushr 40 == lane.toLong() } - file.written(lane)
            if (more > 1) faults.add("$more chunks of lane $lane were read, and not acknowledged")
        }
        again = counts.values.sumOf { it - 1 }
        // A kill ends one write, whose number is used again, and one read.
        if (again > 2 * kills) faults.add("$again chunks were read again after $kills kills")
    }
}

/** A process that writes with one thread and reads with another until it is killed. */
internal object RingWorkerMain {
    @JvmStatic
    fun main(args: Array<String>) {
        val file = RingFile.open(Path.of(args[0]))
        println("ready")
        Thread.ofPlatform().daemon().start {
            // Whose end this is has died; nobody would stop this process.
            while (System.`in`.read() >= 0) continue
            Runtime.getRuntime().halt(1)
        }
        Thread.ofPlatform().daemon().start { while (true) file.read() }
        val random = Random(args[3].toLong())
        while (true) file.write(args[1].toInt(), random, isLying = args[2].toBoolean())
    }
}
