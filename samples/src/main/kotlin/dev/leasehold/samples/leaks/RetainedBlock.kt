package dev.leasehold.samples.leaks

import dev.leasehold.memory.Block
import dev.leasehold.memory.KiB
import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.MiB
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.diagnostics.LeakDetection

/** Pictures are hung, and an album lists them. Who hands a picture over retains it, and who takes it does so again. */
internal class RetainedBlock(private val isMended: Boolean) : Leak {
    override val title = "A block that is retained once too often"

    private val pictures = SystemMemoryManager("pictures") { limit = 32.MiB }
    private val album = ArrayList<Block>()

    override fun run(report: Report) {
        try {
            repeat(PICTURES) { hang(paint(it)) }
        } catch (refusal: MemoryExhaustedException) {
            report.symptom("all pictures were closed, and there is no room:", pictures.name)
            report.tool("the refusal", "${refusal.message}")
            report.tool("block.refCount", "${album.last().refCount} of a picture that nobody looks at")
            LeakDetection.dump().of(pictures.name).firstOrNull()?.let { report.line(it.stack) }
        }
        // For what runs next.
        album.filterNot { it.isClosed }.forEach(Block::close)
        pictures.close()
    }

    private fun paint(number: Int): Block {
        val picture = pictures.allocate(1.KiB) // taken here
        picture.withSegment { it.fill(number.toByte()) }
        return picture
    }

    private fun hang(picture: Block) {
        album += picture
        look(picture.retain())
        picture.close()
    }

    private fun look(picture: Block) {
        // The caller did that already.
        val own = if (isMended) picture else picture.retain()
        own.withSegment { Stamp.on(it) }
        own.close()
    }

    private companion object {
        const val PICTURES = 50_000
    }
}
