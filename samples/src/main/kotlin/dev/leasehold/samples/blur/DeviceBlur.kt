@file:OptIn(UnsafeDeviceApi::class)

package dev.leasehold.samples.blur

import dev.leasehold.memory.device.DeviceMemoryManager
import dev.leasehold.memory.device.copyToSuspending
import dev.leasehold.memory.device.unsafe.DeviceKernel
import dev.leasehold.memory.device.unsafe.UnsafeDeviceApi
import dev.leasehold.memory.typed.ElementType
import dev.leasehold.memory.typed.UniqueBuffer
import dev.leasehold.memory.typed.allocateBuffer
import dev.leasehold.memory.typed.elements
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.channels.consumeEach
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import java.util.concurrent.atomic.AtomicLong

/** What the parts of the work have taken, in nanoseconds; they run beside each other. */
internal class Times {
    val staged = AtomicLong()
    val uploaded = AtomicLong()
    val computed = AtomicLong()
    val downloaded = AtomicLong()
    val bytes = AtomicLong()
}

/**
 * The blur on a device, in a pipeline of three coroutines: one puts bands into pinned memory, the next moves them to
 * the device and computes there, and the last brings them back. So one band travels while another is computed.
 *
 * Every buffer has one owner at a time: it goes through the channels with its band, and who has it closes it.
 */
internal class DeviceBlur(private val gpu: DeviceMemoryManager, private val radius: Int) {
    private class Staged(val band: Band, val pixels: UniqueBuffer<Int>) : AutoCloseable by pixels

    val times = Times()

    suspend fun blur(picture: Picture, bands: List<Band>): Picture {
        val result = Picture(picture.width, picture.height)
        DeviceKernel.build(gpu.device, Blur.SOURCE, "blur").use { kernel ->
            // What a channel cannot deliver is closed, whatever ends the pipeline.
            val filled = Channel<Staged>(WAITING) { it.close() }
            val blurred = Channel<Staged>(WAITING) { it.close() }
            coroutineScope {
                launch(Dispatchers.Default) {
                    for (band in bands) filled.send(fill(picture, band))
                    filled.close()
                }
                launch(Dispatchers.Default) {
                    filled.consumeEach { blurred.send(compute(kernel, it, picture.width)) }
                    blurred.close()
                }
                launch(Dispatchers.Default) { blurred.consumeEach { store(it, result) } }
            }
        }
        return result
    }

    private fun fill(picture: Picture, band: Band): Staged = timed(times.staged) {
        val first = band.from * picture.width
        val count = band.height * picture.width
        val pixels = gpu.pinned.allocateBuffer(ElementType.INT, count.toLong())
        pixels.elements.copyFrom(picture.pixels, first, first + count)
        Staged(band, pixels)
    }

    private suspend fun compute(kernel: DeviceKernel, staged: Staged, width: Int): Staged {
        val band = staged.band
        val count = band.rows.toLong() * width
        staged.use {
            gpu.allocateBuffer(ElementType.INT, staged.pixels.count).use { source ->
                timed(times.uploaded) { staged.pixels.copyToSuspending(source) }
                times.bytes.addAndGet(source.byteSize)
                val result = gpu.allocateBuffer(ElementType.INT, count)
                try {
                    timed(times.computed) {
                        val sizes = longArrayOf(width.toLong(), band.rows.toLong())
                        kernel.run(sizes, source, result, width, band.height, band.first - band.from, radius)
                    }
                    return Staged(band, result)
                } catch (failure: Throwable) {
                    result.close()
                    throw failure
                }
            }
        }
    }

    private suspend fun store(blurred: Staged, result: Picture) {
        blurred.use {
            gpu.pinned.allocateBuffer(ElementType.INT, blurred.pixels.count).use { staging ->
                timed(times.downloaded) { blurred.pixels.copyToSuspending(staging) }
                times.bytes.addAndGet(staging.byteSize)
                timed(times.staged) {
                    staging.elements.copyTo(result.pixels, blurred.band.first * result.width)
                }
            }
        }
    }

    private inline fun <T> timed(sum: AtomicLong, action: () -> T): T {
        val since = System.nanoTime()
        return action().also { sum.addAndGet(System.nanoTime() - since) }
    }

    private companion object {
        // How many bands may wait between two of the three.
        const val WAITING = 2
    }
}
