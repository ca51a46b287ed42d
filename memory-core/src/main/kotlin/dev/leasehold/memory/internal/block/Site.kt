package dev.leasehold.memory.internal.block

import dev.leasehold.memory.internal.platform.describeThread
import java.lang.StackWalker.Option.RETAIN_CLASS_REFERENCE
import java.lang.StackWalker.StackFrame
import java.util.Arrays

/**
 * A place in the program: its calls, from the nearest one outside of this library on, and the thread that was there.
 *
 * To take one costs a walk over the first calls. What they are called is looked up when the site is first shown, or a
 * second after it was taken: frames refer to classes, and what is leased by an application must not keep its loader.
 */
internal class Site private constructor(frames: Array<StackFrame?>?, count: Int, thread: Thread?) {
    /** The thread, in words. */
    val thread: String by lazy(LazyThreadSafetyMode.PUBLICATION) {
        if (threadName == null) "an unknown thread" else describeThread(threadName, threadId, isVirtual)
    }

    private val threadName = thread?.name
    private val threadId = thread?.threadId() ?: 0
    private val isVirtual = thread?.isVirtual == true

    private var frames: Array<StackFrame?>? = frames

    private var named: List<StackTraceElement> = if (count == 0) emptyList() else NOT_YET

    /** The calls, the nearest first. */
    val stack: List<StackTraceElement>
        @Synchronized get() {
            val unnamed = frames ?: return named
            named = unnamed.takeWhile { it != null }.map { named(it!!) }
            frames = null
            return named
        }

    private fun named(frame: StackFrame): StackTraceElement {
        val element = frame.toStackTraceElement()
        val line = element.lineNumber
        // Only Kotlin's compiler does that, and the platform's classes are many.
        val written = if (isPlatform(element.className)) line else WrittenLines.of(frame.declaringClass, line)
        return if (written == line) {
            element
        } else {
            StackTraceElement(
                element.classLoaderName,
                element.moduleName,
                element.moduleVersion,
                element.className,
                element.methodName,
                element.fileName,
                written,
            )
        }
    }

    /** The line of the program: the nearest that is no adapter's; null where there is none. */
    val line: StackTraceElement? get() = stack.firstOrNull { isOfProgram(it.className) } ?: stack.firstOrNull()

    /** Forgets the classes that it goes through. */
    fun settle() {
        val _ = stack
    }

    override fun toString(): String {
        val line = line ?: return "an unknown site"
        return if (isCoroutine(
                line.className,
            )
        ) {
            "an unknown line of a coroutine that had waited, on $thread"
        } else {
            "$line"
        }
    }

    override fun equals(other: Any?): Boolean = other is Site && stack == other.stack

    override fun hashCode(): Int = stack.hashCode()

    companion object {
        private const val ROOT = "dev.leasehold.memory"

        /** How many calls it has at most. */
        const val DEPTH: Int = 12
        private const val BATCH = 20
        private val NOT_YET = listOf<StackTraceElement>()

        // Not a prefix alone: an application may have packages below the library's.
        private val PARTS =
            listOf("typed", "dsl", "coroutines", "device", "arrow", "io", "ktor", "netty", "okio").map { "$ROOT.$it" }
        private val PUBLIC = PARTS.toSet() + ROOT
        private val INTERNAL = PUBLIC.map { "$it.internal" }
        private val WALKER: StackWalker = StackWalker.getInstance(setOf(RETAIN_CLASS_REFERENCE), BATCH)

        /** Packages whose calls carry on those of others: what stands there is not the line of the program. */
        @Volatile
        var adapters: Set<String> = emptySet()

        /** A place that nobody knows. */
        val UNKNOWN: Site = Site(null, 0, null)

        /** In the place of the one that closed what nobody has closed. */
        val LOST: Site = Site(null, 0, null)

        /**
         * The place that called the library now. Of calls of the platforms that carry others on, such as a stream, a
         * future or a coroutine's machinery, only the nearest is kept where they are the first.
         */
        fun ofCaller(): Site {
            val frames = arrayOfNulls<StackFrame>(DEPTH)
            val count = try {
                WALKER.walk { fill(frames, it.iterator()) }
            } catch (wrapped: InternalError) {
                // What a walk throws that finds the heap full.
                throw wrapped.cause?.cause as? OutOfMemoryError ?: wrapped
            }
            return Site(if (count == DEPTH) frames else Arrays.copyOf(frames, count), count, Thread.currentThread())
        }

        private fun fill(frames: Array<StackFrame?>, walk: Iterator<StackFrame>): Int {
            var count = 0
            var inProgram = false
            while (count < frames.size && walk.hasNext()) {
                val frame = walk.next()
                if (!inProgram) {
                    val name = frame.className
                    if (isLibrary(name)) continue
                    inProgram = isOfProgram(name)
                    if (!inProgram && count == 1) continue
                }
                frames[count++] = frame
            }
            return count
        }

        private fun isOfProgram(name: String) = !isPlatform(name) && adapters.none { name.startsWith(it) }

        /** Whether the class [name] belongs to the library. */
        fun isLibrary(name: String): Boolean {
            if (!name.startsWith("$ROOT.")) return false
            val pack = name.substringBeforeLast('.')
            return pack in PUBLIC || INTERNAL.any { pack.startsWith(it) }
        }

        private fun isPlatform(name: String) = name.startsWith("java.") || name.startsWith("jdk.") || isCoroutine(name)

        // What resumes a coroutine; the frames of the program that it was called from are gone by then.
        private fun isCoroutine(name: String) = name.startsWith("kotlin.") || name.startsWith("kotlinx.coroutines.")
    }
}
