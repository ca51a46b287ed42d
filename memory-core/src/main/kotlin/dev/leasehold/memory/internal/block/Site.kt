package dev.leasehold.memory.internal.block

import dev.leasehold.memory.internal.platform.describe
import java.lang.StackWalker.Option.RETAIN_CLASS_REFERENCE
import java.lang.StackWalker.StackFrame
import java.lang.ref.WeakReference

/**
 * A line of the program outside of this library, and the thread that was there.
 *
 * Where the library's own inline functions stand on that line, the frame has a line beyond the end of the file; the one
 * that was written is looked up when the site is shown, because that reads a class file.
 *
 * @property thread the thread, in words
 */
internal class Site private constructor(frame: StackFrame?, val thread: String) {
    private val text = when {
        frame == null -> "an unknown site"
        isCoroutine(frame.className) -> "an unknown line of a coroutine that had waited, on $thread"
        else -> frame.toStackTraceElement().toString()
    }
    private val line = frame?.lineNumber ?: -1

    // Weak: what remembers a site may outlive the application that the class belongs to.
    private val type = frame?.let { WeakReference(it.declaringClass) }

    override fun toString(): String {
        val written = type?.get()?.let { WrittenLines.of(it, line) } ?: line
        return if (written == line) text else text.replace(":$line)", ":$written)")
    }

    companion object {
        private const val ROOT = "dev.leasehold.memory"

        // Not a prefix alone: an application may have packages below the library's.
        private val PUBLIC = setOf(ROOT, "$ROOT.typed", "$ROOT.dsl", "$ROOT.coroutines")
        private val WALKER: StackWalker = StackWalker.getInstance(RETAIN_CLASS_REFERENCE)

        /** A line that nobody knows. */
        val UNKNOWN: Site = Site(null, "an unknown thread")

        /**
         * The nearest frame that is the program's: neither the library's nor, if there is another, of the platforms
         * that carry a call on, such as a stream, a future or a coroutine's machinery.
         */
        fun ofCaller(): Site = Site(WALKER.walk { nearest(it.iterator()) }, describe(Thread.currentThread()))

        private fun nearest(frames: Iterator<StackFrame>): StackFrame? {
            var outside: StackFrame? = null
            for (frame in frames) {
                if (isLibrary(frame.className)) continue
                if (!isPlatform(frame.className)) return frame
                if (outside == null) outside = frame
            }
            return outside
        }

        /** Whether the class [name] belongs to the library. */
        fun isLibrary(name: String): Boolean {
            if (!name.startsWith("$ROOT.")) return false
            val pack = name.substringBeforeLast('.')
            return pack in PUBLIC || INTERNAL.any { pack.startsWith(it) }
        }

        private fun isPlatform(name: String) = name.startsWith("java.") || name.startsWith("jdk.") || isCoroutine(name)

        // What resumes a coroutine; the frames of the program that it was called from are gone by then.
        private fun isCoroutine(name: String) = name.startsWith("kotlin.") || name.startsWith("kotlinx.coroutines.")

        private val INTERNAL = listOf("$ROOT.internal.", "$ROOT.dsl.internal", "$ROOT.coroutines.internal.")
    }
}
