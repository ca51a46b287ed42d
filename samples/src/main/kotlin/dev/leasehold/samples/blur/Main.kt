package dev.leasehold.samples.blur

import com.github.ajalt.clikt.core.Context
import com.github.ajalt.clikt.core.CoreCliktCommand
import com.github.ajalt.clikt.core.ProgramResult
import com.github.ajalt.clikt.core.UsageError
import com.github.ajalt.clikt.parameters.options.default
import com.github.ajalt.clikt.parameters.options.option
import com.github.ajalt.clikt.parameters.types.int
import com.github.ajalt.clikt.parameters.types.path
import com.github.ajalt.clikt.parameters.types.restrictTo
import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.device.Device
import dev.leasehold.memory.device.DeviceList
import dev.leasehold.memory.device.DeviceMemoryManager
import dev.leasehold.memory.device.Devices
import dev.leasehold.samples.execute
import dev.leasehold.samples.utf8Errors
import dev.leasehold.samples.utf8Output
import kotlinx.coroutines.runBlocking
import java.io.PrintStream
import java.nio.file.Path
import kotlin.system.exitProcess
import kotlin.time.Duration
import kotlin.time.measureTimedValue

/** Blurs a picture on a device, and beside it on the processors. */
fun main(words: Array<String>) {
    // Pictures are painted in memory: there may be no screen.
    System.setProperty("java.awt.headless", "true")
    val (out, err) = utf8Output() to utf8Errors()
    exitProcess(BlurCommand(Devices.list(), out, err).execute(words.toList(), out, err))
}

/** The program. It ends with 1 when the device and the processors do not come to the same pixels. */
internal class BlurCommand(
    private val devices: DeviceList,
    private val out: PrintStream,
    private val err: PrintStream,
) : CoreCliktCommand("blur") {
    override fun help(context: Context) =
        "Blurs a picture on an OpenCL device, by way of pinned memory and a pipeline of coroutines, and on the " +
            "processors beside it. Prints what each has taken, and writes the picture."

    private val input by option(help = "a PNG to blur (a painted night)").path(mustExist = true, canBeDir = false)
    private val output by option(help = "where to write it (blurred.png)").path().default(Path.of("blurred.png"))
    private val radius by option(help = "of the blur, in pixels (6)").int().restrictTo(1, 64).default(6)
    private val rows by option(help = "of a band, which travels as one (64)").int().restrictTo(1, 4096).default(64)

    override fun run() {
        val picture = input?.let { Picture.load(it) ?: throw UsageError("$it is no picture that can be read") }
            ?: Picture.paint(WIDTH, HEIGHT)
        val bands = Band.of(picture.height, rows, radius)
        out.println("${picture.width} × ${picture.height} pixels in ${bands.size} bands, radius $radius")
        val (expected, processors) = measureTimedValue { runBlocking { blurOnProcessors(picture, bands, radius) } }
        out.println(Report.processors(processors))
        val device = devices.firstOrNull { "OpenCL" in it.driverName }
        val result = if (device == null) withoutDevice(expected) else onDevice(device, picture, bands)
        result.save(output)
        out.println("written to $output")
        if (!result.pixels.contentEquals(expected.pixels)) {
            err.println("the device and the processors came to different pixels")
            throw ProgramResult(1)
        }
    }

    private fun withoutDevice(expected: Picture): Picture {
        out.println("There is no OpenCL device:")
        devices.reasons.forEach { out.println("  $it") }
        return expected
    }

    private fun onDevice(device: Device, picture: Picture, bands: List<Band>): Picture {
        out.println("$device")
        MemoryBudget("blur").use { budget ->
            DeviceMemoryManager("blur", device) { this.budget = budget }.use { gpu ->
                // The first time a driver compiles the kernel, and the pools are empty.
                val first = timed(gpu, picture, bands)
                val second = timed(gpu, picture, bands)
                out.println(Report.device(first, second, budget.peak))
                return second.picture
            }
        }
    }

    private fun timed(gpu: DeviceMemoryManager, picture: Picture, bands: List<Band>): Run {
        val blur = DeviceBlur(gpu, radius)
        val (result, took) = measureTimedValue { runBlocking { blur.blur(picture, bands) } }
        return Run(result, blur.times, took)
    }

    private companion object {
        const val WIDTH = 1920
        const val HEIGHT = 1080
    }
}

/** One blur on a device: the [picture], and what its parts and all of it [took]. */
internal class Run(val picture: Picture, val times: Times, val took: Duration)
