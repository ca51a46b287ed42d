package dev.leasehold.samples.growth

import dev.leasehold.memory.GiB

/** What the command line asks for. */
internal data class Arguments(val top: Long = 1.GiB, val limit: Long? = null, val help: Boolean = false) {
    companion object {
        const val USAGE: String = """Grows a buffer from 1 MiB by doubling, once with block.resize and once by allocate, copy and free,
checks its content, and shows where it lay, what it took, and how long each way needed.

  --top SIZE           grow to this size, 2 MiB to 64 GiB (default 1GiB)
  --limit SIZE         give the budget that both ways draw on this limit (default: as much as they need)
  --help               show this

A SIZE is a number of bytes, or has a unit behind it: 64MiB, 1GiB."""

        private val TOPS = 2 * Sizes.MEBIBYTE..64.GiB

        /**
         * Reads the command line.
         *
         * @throws UsageException when it makes no sense; the message names the argument and what it may be
         */
        fun parse(words: List<String>): Arguments {
            var read = Arguments()
            val left = ArrayDeque(words)
            while (left.isNotEmpty()) read = read.with(left.removeFirst(), left)
            return read
        }

        private fun Arguments.with(option: String, left: ArrayDeque<String>): Arguments = when (option) {
            "--top" -> copy(top = top(option, size(option, left)))
            "--limit" -> copy(limit = size(option, left))
            "--help", "-h" -> copy(help = true)
            else -> throw UsageException("unknown argument '$option'")
        }

        private fun top(option: String, size: Long): Long {
            if (size in TOPS) return size
            throw UsageException(
                "$option is ${Sizes.text(size)}, but must be ${Sizes.text(TOPS.first)} to ${Sizes.text(TOPS.last)}",
            )
        }

        private fun size(option: String, left: ArrayDeque<String>): Long {
            val text = left.removeFirstOrNull() ?: throw UsageException("$option needs a size behind it, such as 64MiB")
            return Sizes.parse(text) ?: throw UsageException("$option needs a size such as 64MiB or 1GiB, not '$text'")
        }
    }
}

/** A command line that makes no sense. */
internal class UsageException(message: String) : RuntimeException(message)
