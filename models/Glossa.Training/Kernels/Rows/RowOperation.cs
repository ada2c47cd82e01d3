namespace Glossa.Training.Kernels.Rows;

/// <summary>What an instruction of a <see cref="RowProgram"/> does. The numbers stand in the nodes of running sessions.</summary>
internal enum RowOperation
{
    /// <summary>a + b.</summary>
    Add,

    /// <summary>a - b.</summary>
    Sub,

    /// <summary>a b.</summary>
    Mul,

    /// <summary>a / b.</summary>
    Div,

    /// <summary>-a.</summary>
    Neg,

    /// <summary>e to the power of a.</summary>
    Exp,

    /// <summary>a Phi(a), with the normal distribution's Phi.</summary>
    Gelu,

    /// <summary>The derivative of a Phi(a).</summary>
    GeluSlope,

    /// <summary>The square root of a.</summary>
    Sqrt,

    /// <summary>1 / a.</summary>
    Reciprocal,

    /// <summary>tanh a.</summary>
    Tanh,

    /// <summary>1 / (1 + e to the power of -a).</summary>
    Sigmoid,

    /// <summary>The sum of each row.</summary>
    RowSum,

    /// <summary>The sum of all rows; an output, never an operand.</summary>
    ColumnSum,
}

/// <summary>What of a tensor <c>[rows, width]</c> a value is; it is repeated along the axes that it lacks.</summary>
internal enum RowKind
{
    /// <summary>All of it: <c>[rows, width]</c>.</summary>
    Full,

    /// <summary>A number for each row: <c>[rows, 1]</c>.</summary>
    Column,

    /// <summary>A number for each column: <c>[width]</c>.</summary>
    Row,

    /// <summary>One number.</summary>
    Scalar,
}
