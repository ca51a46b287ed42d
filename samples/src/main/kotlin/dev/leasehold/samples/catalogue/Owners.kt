package dev.leasehold.samples.catalogue

import dev.leasehold.memory.mapped.MappedMap
import dev.leasehold.memory.mapped.MappedRun
import dev.leasehold.memory.mapped.MappedRunState

/** Whose a part of the file is, as the picture shows it. */
internal class Owner(val name: String, val colour: String)

/** The owners of all that is in a [map]. */
internal class Owners(private val map: MappedMap) {
    private val free = Owner("free", "#ffffff")
    private val abandoned = Owner("of no session, for the next that needs blocks", "#9a9184")
    private val changing = Owner("being taken or given back", "#d9c21c")
    private val sessions = map.sessions.withIndex().associate { (index, session) ->
        val process = "process ${session.process}"
        val colours = if (session.hasDied) DEAD else LIVING
        val name = when {
            session.hasDied -> "of $process, which has been killed"
            session.process == ProcessHandle.current().pid() -> "of this process"
            else -> "of $process"
        }
        session.number to Owner(name, colours[index % colours.size])
    }

    /** Those that have something, the living first. */
    val all: List<Owner> = (sessions.values + abandoned + changing + free).filter { spansOf(it) > 0 }

    /** The owner of [run]. */
    fun of(run: MappedRun): Owner = when (run.state) {
        MappedRunState.FREE -> free
        MappedRunState.OWNED -> sessions[run.session] ?: changing
        MappedRunState.ABANDONED -> abandoned
        MappedRunState.CHANGING -> changing
    }

    /** How many spans [owner] has. */
    fun spansOf(owner: Owner): Long = map.runs.filter { of(it) === owner }.sumOf { it.spans }

    private companion object {
        val DEAD = listOf("#d9483b", "#8f2a3c")
        val LIVING = listOf("#1f9d78", "#3b7fc4", "#a06cc4", "#d08a1d")
    }
}

/** What the file is made of, in bytes. */
internal const val SPAN: Long = 65_536

/** How many spans it has. */
internal val MappedRun.spans: Long get() = size / SPAN

/** How many of its blocks are in use. */
internal val MappedRun.used: Int get() = linked + held
