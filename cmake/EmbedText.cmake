# embed_text(target file...): each file becomes a C string in the header <name>_<ext>.h, named
# <name>_<ext>, on the include path of the target.
function(embed_text target)
	set(out ${CMAKE_BINARY_DIR}/embedded/${target})
	foreach(file IN LISTS ARGN)
		get_filename_component(name ${file} NAME)
		string(REGEX REPLACE "[^A-Za-z0-9]" "_" symbol ${name})
		set(header ${out}/${symbol}.h)
		add_custom_command(OUTPUT ${header}
			COMMAND ${CMAKE_COMMAND} -DIN=${file} -DOUT=${header} -DSYMBOL=${symbol}
				-P ${CMAKE_SOURCE_DIR}/cmake/EmbedOne.cmake
			DEPENDS ${file} ${CMAKE_SOURCE_DIR}/cmake/EmbedOne.cmake VERBATIM)
		target_sources(${target} PRIVATE ${header})
	endforeach()
	target_include_directories(${target} PUBLIC ${out})
endfunction()
