#if !ONNXRUNTIME_GPU && !ONNXRUNTIME_TRAINING
using Microsoft.ML.OnnxRuntimeGenAI;
using LibraryModel = Microsoft.ML.OnnxRuntimeGenAI.Model;
using LibraryTokenizer = Microsoft.ML.OnnxRuntimeGenAI.Tokenizer;

namespace Glossa.Pipeline.Tests.Export.GenAi;

/// <summary>onnxruntime-genai itself.</summary>
internal static class GenAiLibrary
{
    /// <summary>A prompt and its greedy continuation, which the end of the text does not stop.</summary>
    public static int[] Continue(string folder, int[] prompt, int tokens)
    {
        using LibraryModel model = new(folder);
        using GeneratorParams settings = new(model);
        settings.SetSearchOption("max_length", prompt.Length + tokens);
        settings.SetSearchOption("min_length", prompt.Length + tokens);
        using Generator generator = new(model, settings);
        generator.AppendTokens(prompt);
        while (!generator.IsDone()) generator.GenerateNextToken();
        return generator.GetSequence(0).ToArray();
    }

    /// <summary>The ids of a text.</summary>
    public static int[] Encode(string folder, string text)
    {
        using LibraryModel model = new(folder);
        using LibraryTokenizer tokenizer = new(model);
        using Sequences sequences = tokenizer.Encode(text);
        return sequences[0].ToArray();
    }
}
#endif
