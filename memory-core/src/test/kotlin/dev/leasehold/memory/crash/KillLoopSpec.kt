package dev.leasehold.memory.crash

import dev.leasehold.memory.KiB
import dev.leasehold.memory.MiB
import dev.leasehold.memory.internal.mapped.Verification
import dev.leasehold.memory.mapped.MappedDurability
import dev.leasehold.memory.mapped.MappedMemory
import dev.leasehold.memory.mapped.MappedMemoryManager
import dev.leasehold.memory.mapped.MappedOptions
import dev.leasehold.memory.support.ChildJvm
import dev.leasehold.memory.support.MappedFiles
import dev.leasehold.memory.support.WorkerProcess
import dev.leasehold.testing.Effort
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldNotBeEmpty
import io.kotest.matchers.ints.shouldBeGreaterThanOrEqual
import io.kotest.matchers.longs.shouldBeGreaterThan
import java.nio.file.Path
import kotlin.random.Random

/**
 * Up to four processes work in one file, and some of them are killed at random moments while the others go on. The file
 * then has all that was acknowledged, and nothing that no root leads to.
 */
class KillLoopSpec : FunSpec({
    test("processes may be killed at any moment while others go on, and nothing that was acknowledged is lost") {
        // Of the slow profile at least five hundred.
        val rounds = Effort.times(30).let { if (it > 30) maxOf(it, 500) else it }
        val seed = Effort.seed("kill loop")
        MappedFiles().use { files ->
            KillLoop(files.path("file"), files.path("acknowledged"), seed).use { loop ->
                while (loop.faults.isEmpty() && loop.rounds < rounds) loop.run()
                loop.stop()
                println("${loop.rounds} rounds, ${loop.kills} kills, ${loop.changes} changes acknowledged")
                loop.faults.shouldBeEmpty()
                loop.kills shouldBeGreaterThanOrEqual rounds
                loop.changes shouldBeGreaterThan 2L * rounds
            }
        }
    }

    test("processes may be killed in the middle of a commit, too") {
        val rounds = Effort.times(10)
        val seed = Effort.seed("kill loop with commits")
        MappedFiles().use { files ->
            MappedFiles.open(files.path("file"), { KillLoop.configure(this, MappedDurability.COMMIT) }).close()
            KillLoop(files.path("file"), files.path("acknowledged"), seed).use { loop ->
                while (loop.faults.isEmpty() && loop.rounds < rounds) loop.run()
                loop.stop()
                println("${loop.rounds} rounds with commits, ${loop.kills} kills, ${loop.changes} changes acknowledged")
                loop.faults.shouldBeEmpty()
                loop.changes shouldBeGreaterThan 2L * rounds
            }
        }
    }

    test("a change that is acknowledged and not made is found") {
        MappedFiles().use { files ->
            KillLoop(
                files.path("file"),
                files.path("acknowledged"),
                Effort.seed("a liar"),
                isLying = true,
            ).use { loop ->
                while (loop.faults.isEmpty() && loop.rounds < 10) loop.run()
                loop.faults.shouldNotBeEmpty()
            }
        }
    }
})

/** Starts, pauses and kills processes that work in the file [path], and looks at the file in between. */
internal class KillLoop(
    private val path: Path,
    private val acknowledged: Path,
    seed: Long,
    private val isLying: Boolean = false,
) : AutoCloseable {
    private val random = Random(seed)
    private val acknowledgements = Acknowledgements(acknowledged)
    private val working = HashMap<Int, WorkerProcess>()

    // A virtual machine takes long to start, and waits here until it is wanted.
    private val spare = ArrayDeque<WorkerProcess>()
    val faults = ArrayList<String>()
    var rounds = 0
        private set
    var kills = 0
        private set

    /** How many changes were acknowledged. */
    val changes: Long get() = (0 until Acknowledgements.LANES).sumOf { acknowledgements.lane(it).number }

    /** Has some processes work, kills some of them, and looks at the file. */
    fun run() {
        rounds++
        working.values.forEach { it.send("go") }
        fillLanes(random.nextInt(1, Acknowledgements.LANES + 1))
        goOn(MOST_MILLIS)
        val victims = working.keys.shuffled(random).take(random.nextInt(1, working.size + 1))
        for (lane in victims) {
            kill(lane)
            if (random.nextBoolean()) goOn(MOST_MILLIS / 4)
        }
        // Those that are left meet what the dead ones left.
        if (working.isNotEmpty()) goOn(MOST_MILLIS / 2)
        pause()
        check()
    }

    /** Has so many [processes] work for a moment, and looks at the file. */
    fun work(processes: Int) {
        working.values.forEach { it.send("go") }
        fillLanes(processes)
        Thread.sleep(WORK_MILLIS)
        pause()
        check()
    }

    private fun goOn(mostMillis: Int): Unit = Thread.sleep(random.nextLong(mostMillis.toLong()))

    private fun fillLanes(count: Int) {
        for (lane in (0 until Acknowledgements.LANES).shuffled(random)) {
            if (working.size >= count) return
            if (lane !in working) working[lane] = begin(lane)
        }
    }

    private fun begin(lane: Int): WorkerProcess {
        while (spare.size <= SPARE) spare.addLast(start())
        val worker = spare.removeFirst()
        note("before it began", worker.await("ready"))
        worker.send("go $lane ${random.nextLong()}")
        return worker
    }

    private fun start(): WorkerProcess {
        val options = listOf("-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", ChildJvm.NATIVE_ACCESS)
        return WorkerProcess(ChildJvm.start(KillWorkerMain::class, options, "$path", "$acknowledged", "$isLying"))
    }

    private fun kill(lane: Int) {
        kills++
        note("lane $lane", working.remove(lane)!!.kill())
    }

    private fun pause() {
        working.values.forEach { it.send("pause") }
        for ((lane, worker) in working) note("lane $lane", worker.await("paused"))
    }

    private fun note(where: String, found: List<String>) {
        for (fault in found) faults.add("round $rounds, $where: $fault")
    }

    /** Stops all that work, and looks at the file that they leave. */
    fun stop() {
        for ((lane, worker) in working) {
            worker.send("stop")
            note("lane $lane", worker.await("stopped") + worker.awaitEnd())
        }
        working.clear()
        check()
    }

    private fun check() {
        // A new one may have been killed before it had made the file.
        var inMap = 0L
        val refs = open(path).use { manager ->
            manager.session.sessions.recoverAll()
            for (lane in 0 until Acknowledgements.LANES) checkLane(manager, lane)
            val names = manager.roots.names.filter { it != KillRoots.MAP }
            for (name in names) manager.roots.open(name)!!.use { Marks.read(it, name) }
            KillMap.check(manager)
            val verification = Verification(manager.session.words, manager.session.layout)
            verification.checkAll()
            inMap = verification.figures.inDictionaries
            manager.roots.names.map { manager.roots[it] }
        }
        val report = MappedMemory.verify(path)
        note("verify", report.faults.map { "$it" })
        val blocks = refs.distinct().size + inMap
        if (report.blocks != blocks) {
            note("verify", listOf("$blocks blocks have roots, ${report.blocks} links"))
        }
        if (report.sessions != working.size) note("verify", listOf("${report.sessions} sessions, not ${working.size}"))
    }

    private fun checkLane(manager: MappedMemoryManager, number: Int) {
        val lane = acknowledgements.lane(number)
        val roots = LongArray(Acknowledgements.ROOTS) { slot ->
            val name = KillRoots.own(number, slot)
            manager.roots.open(name)?.use { Marks.read(it, name) } ?: 0
        }
        val keys = LongArray(Acknowledgements.KEYS) { KillMap.get(manager, number, it) }
        val actual = roots + manager.userWord(number) + keys
        if (lane.allows(
                actual,
            )
        ) {
            lane.settle(actual)
        } else {
            note("lane $number", listOf("${actual.contentToString()}, not $lane"))
        }
    }

    override fun close() {
        for (worker in working.values + spare) worker.kill(known = "ready")
        acknowledgements.close()
    }

    companion object {
        private const val MOST_MILLIS = 400
        private const val SPARE = 2
        private const val WORK_MILLIS = 3_000L

        fun open(path: Path): MappedMemoryManager =
            MappedFiles.open(path, { configure(this, MappedDurability.PROCESS) })

        /** The figures of the file, which has the durability [kind]. */
        fun configure(options: MappedOptions, kind: MappedDurability): Unit = options.run {
            growth = 256.KiB
            maxSize = 256.MiB
            maxSessions = Acknowledgements.LANES + 1
            durability = kind
        }
    }
}
