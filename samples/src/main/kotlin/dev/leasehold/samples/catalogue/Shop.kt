package dev.leasehold.samples.catalogue

import dev.leasehold.memory.mapped.MappedMap
import dev.leasehold.memory.mapped.MappedMemory
import java.nio.file.Path
import kotlin.random.Random

/**
 * What was found after a clerk had been killed.
 *
 * @property process the number of its process
 * @property acknowledged the last change that it had said it had made
 * @property oneMore whether the file has the change after that as well, which was made and not said any more
 * @property lost what the file has otherwise than after either
 */
internal class Kill(
    val clerk: Int,
    val process: Long,
    val acknowledged: Long,
    val oneMore: Boolean,
    val lost: List<String>,
)

/** Clerks at work in the file [path], each in a process of its own, and this process that watches them. */
internal class Shop(private val path: Path, private val random: Random) : AutoCloseable {
    private val catalogue = Catalogue.open(path)
    private val ledgers = (1..CLERKS).associateWith { Ledger.of(catalogue, it) }
    private val clerks = HashMap<Int, ClerkProcess>()

    // A virtual machine takes a while to start, and nobody is to wait for it.
    private var spare = ClerkProcess(path)

    /** How many books were there before any clerk began. */
    val found: Long = catalogue.size

    /** Who looks books up meanwhile. */
    val reader: Reader = Reader(catalogue, (1..CLERKS).flatMap { Changes.booksOf(it) }, random.nextInt())

    /** How many changes were acknowledged in this run. */
    var changes: Long = 0
        private set

    /** How many books there are. */
    val size: Long get() = catalogue.size

    /** Starts all clerks. */
    fun open(): Unit = ledgers.keys.forEach(::begin)

    private fun begin(clerk: Int) {
        clerks[clerk] = spare.apply { begin(clerk, ledgers.getValue(clerk).number) }
        spare = ClerkProcess(path)
    }

    /** Kills [clerk] while it works, shows the file as it is just then, checks what it left, and lets another go on. */
    fun kill(clerk: Int, show: (MappedMap) -> Unit): Kill {
        val process = clerks.getValue(clerk)
        clerks.forEach { (number, each) -> awaitFirstChange(each, ledgers.getValue(number).number) }
        Thread.sleep(random.nextLong(LONGEST_MILLIS))
        val acknowledged = process.kill()
        show(MappedMemory.map(path))
        val kill = check(clerk, process.id, acknowledged)
        begin(clerk)
        return kill
    }

    private fun awaitFirstChange(process: ClerkProcess, before: Long) {
        while (process.acknowledged == before) {
            check(process.isAlive) { "the clerk in process ${process.id} has ended by itself" }
            Thread.sleep(1)
        }
    }

    private fun check(clerk: Int, process: Long, acknowledged: Long): Kill {
        val ledger = ledgers.getValue(clerk)
        changes += acknowledged - ledger.number
        ledger.goOn(acknowledged)
        val afterLast = ledger.differences(catalogue)
        if (afterLast.isEmpty()) return Kill(clerk, process, acknowledged, false, emptyList())
        ledger.goOn(acknowledged + 1)
        val afterNext = ledger.differences(catalogue)
        return Kill(clerk, process, acknowledged, true, if (afterNext.isEmpty()) emptyList() else afterLast)
    }

    /** Lets all clerks finish, and returns what the file has otherwise than it should. */
    fun finish(): List<String> {
        reader.close()
        val _ = spare.stop()
        return clerks.flatMap { (clerk, process) ->
            val made = process.stop()
            val ledger = ledgers.getValue(clerk)
            changes += made - ledger.number
            ledger.goOn(made)
            ledger.differences(catalogue)
        }
    }

    override fun close() {
        (clerks.values + spare).forEach(ClerkProcess::close)
        reader.use { catalogue.close() }
    }

    companion object {
        /** How many clerks work at once. */
        const val CLERKS: Int = 2

        private const val LONGEST_MILLIS = 250L
    }
}
