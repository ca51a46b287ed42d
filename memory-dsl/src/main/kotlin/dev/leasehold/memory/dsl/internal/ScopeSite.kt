@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.dsl.internal

import dev.leasehold.memory.internal.spi.InternalMemoryApi
import dev.leasehold.memory.internal.spi.writtenLine
import java.lang.classfile.Attributes
import java.lang.classfile.ClassFile
import java.lang.classfile.ClassModel
import java.lang.classfile.CodeModel
import java.lang.classfile.instruction.FieldInstruction
import java.lang.classfile.instruction.LineNumber
import java.lang.classfile.instruction.NewObjectInstruction
import kotlin.jvm.optionals.getOrNull

/**
 * Finds the line that a scope was opened on, at no cost before it is needed.
 *
 * `memoryScope` is inlined, and with it a function literal that captures nothing. The compiler makes a class of it for
 * every place that the function is inlined in, and one constant object of the class: a scope carries a constant, and
 * its class names the place. A reader looks into the class file around it: the line whose code loads that constant. As
 * the load stands in inlined code, the line is a made-up one beyond the end of the file; the file's source map names the
 * one that was written.
 */
internal object ScopeSite {
    /** The place whose literal has the class [marker], as `File.kt:12 (package.Class.function)`, as far as known. */
    fun of(marker: Class<*>): String {
        val around = marker.enclosingClass ?: return marker.name
        val model = parse(around)
        val place = model?.let { placeOf(around, it, marker) } ?: return around.name
        val file = model.findAttribute(Attributes.sourceFile()).getOrNull()?.sourceFile()?.stringValue()
        return "$file:${place.line} (${around.name}.${place.function})"
    }

    private class Place(val line: Int, val function: String)

    private fun parse(around: Class<*>): ClassModel? {
        val stream = around.getResourceAsStream("${around.name.substringAfterLast('.')}.class") ?: return null
        return ClassFile.of().parse(stream.use { it.readAllBytes() })
    }

    private fun placeOf(around: Class<*>, model: ClassModel, marker: Class<*>): Place? {
        val name = marker.name.replace('.', '/')
        for (method in model.methods()) {
            val line = method.code().getOrNull()?.let { lineOf(it, name) } ?: continue
            return Place(writtenLine(around, line), method.methodName().stringValue().substringBefore("\$lambda"))
        }
        return null
    }

    private fun lineOf(code: CodeModel, marker: String): Int? {
        var line: Int? = null
        for (element in code) {
            when (element) {
                is LineNumber -> line = element.line()
                is FieldInstruction -> if (element.owner().asInternalName() == marker) return line
                is NewObjectInstruction -> if (element.className().asInternalName() == marker) return line
                else -> continue
            }
        }
        return null
    }
}
