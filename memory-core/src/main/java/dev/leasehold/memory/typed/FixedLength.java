package dev.leasehold.memory.typed;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * How many elements an array in a record has when the record is read from memory and written to it, or how many bytes
 * its text has at most, in UTF-8: see {@link StructOf}.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface FixedLength {
    /** The number of elements, or of bytes of a text; at least 1. */
    int value();
}
